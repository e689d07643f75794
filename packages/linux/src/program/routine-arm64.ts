/** The interpreter of a syscall program for arm64: bytes beside what they were assembled from. See layout.ts. */
export const arm64Routine = `
          | enter:                               # the executable's first instruction: the header is at its fixed address
20 08 a0 d2|   movz x0, #0x41, lsl #16
          | run:                                 # void run(header *), for a caller in C's convention
f3 53 bf a9|   stp x19, x20, [sp, #-16]!
f3 03 00 aa|   mov x19, x0
74 02 40 f9|   ldr x20, [x19]                    # x20: the operation at work
          | next:
69 06 40 f9|   ldr x9, [x19, #8]
9f 02 09 eb|   cmp x20, x9
a2 05 00 54|   b.hs done
88 02 40 f9|   ldr x8, [x20]
80 86 40 a9|   ldp x0, x1, [x20, #8]
82 8e 41 a9|   ldp x2, x3, [x20, #24]
84 96 42 a9|   ldp x4, x5, [x20, #40]
28 03 f8 b7|   tbnz x8, #63, compare
01 00 00 d4|   svc #0
          | settle:
89 1e 40 f9|   ldr x9, [x20, #56]                # word 7: a list of addresses to store the result at
a9 00 00 b4|   cbz x9, branch
          | store:
2a 85 40 f8|   ldr x10, [x9], #8
6a 00 00 b4|   cbz x10, branch
40 01 00 f9|   str x0, [x10]
fd ff ff 17|   b store
          | branch:
89 82 40 79|   ldrh w9, [x20, #64]               # word 8: how many to skip after 0 ...
80 01 00 b4|   cbz x0, skip
89 86 40 79|   ldrh w9, [x20, #66]               # ... after a positive result ...
1f fc 3f b1|   cmn x0, #4095
23 01 00 54|   b.lo skip
8a 26 40 f9|   ldr x10, [x20, #72]               # word 9: the errors that are tolerated
ca 00 00 37|   tbnz w10, #0, tolerated
eb 03 00 cb|   neg x11, x0
7f fd 00 f1|   cmp x11, #63
a8 01 00 54|   b.hi failed
4a 25 cb 9a|   lsr x10, x10, x11
6a 01 00 36|   tbz w10, #0, failed
          | tolerated:
89 8a 40 79|   ldrh w9, [x20, #68]               # ... after a tolerated error
          | skip:
0a 0a 80 52|   mov w10, #80
34 51 0a 9b|   madd x20, x9, x10, x20
94 42 01 91|   add x20, x20, #80
e1 ff ff 17|   b next
          | compare:                             # (address, mask, value, otherwise): 0 if equal
09 00 40 f9|   ldr x9, [x0]
29 01 01 8a|   and x9, x9, x1
3f 01 02 eb|   cmp x9, x2
e0 03 83 9a|   csel x0, xzr, x3, eq
e5 ff ff 17|   b settle
          | failed:                              # the operation's address and the negated errno go to the report
74 0e 00 f9|   str x20, [x19, #24]
60 12 00 f9|   str x0, [x19, #32]
60 12 40 b9|   ldr w0, [x19, #16]
61 62 00 91|   add x1, x19, #24
02 02 80 d2|   mov x2, #16
08 08 80 d2|   mov x8, #64                       # write
01 00 00 d4|   svc #0
20 00 80 d2|   mov x0, #1
c8 0b 80 d2|   mov x8, #94                       # exit_group
01 00 00 d4|   svc #0
          | done:
f3 53 c1 a8|   ldp x19, x20, [sp], #16
c0 03 5f d6|   ret
`;
