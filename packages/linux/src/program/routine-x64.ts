/** The interpreter of a syscall program for x86-64: bytes beside what they were assembled from. See layout.ts. */
export const x64Routine = `
                       | enter:                               # the executable's first instruction: the header is at its fixed address
bf 00 00 41 00         |   mov edi, 0x410000
                       | run:                                 # void run(header *), for a caller in C's convention
53                     |   push rbx
55                     |   push rbp
48 89 fb               |   mov rbx, rdi
48 8b 2b               |   mov rbp, [rbx]                     # rbp: the operation at work
                       | next:
48 3b 6b 08            |   cmp rbp, [rbx + 8]
0f 83 ad 00 00 00      |   jae done
48 8b 45 00            |   mov rax, [rbp]
48 8b 7d 08            |   mov rdi, [rbp + 8]
48 8b 75 10            |   mov rsi, [rbp + 16]
48 8b 55 18            |   mov rdx, [rbp + 24]
4c 8b 55 20            |   mov r10, [rbp + 32]
4c 8b 45 28            |   mov r8, [rbp + 40]
4c 8b 4d 30            |   mov r9, [rbp + 48]
48 85 c0               |   test rax, rax
78 54                  |   js compare
0f 05                  |   syscall
                       | settle:
48 8b 4d 38            |   mov rcx, [rbp + 56]                # word 7: a list of addresses to store the result at
e3 11                  |   jrcxz branch
                       | store:
48 8b 11               |   mov rdx, [rcx]
48 85 d2               |   test rdx, rdx
74 09                  |   jz branch
48 89 02               |   mov [rdx], rax
48 83 c1 08            |   add rcx, 8
eb ef                  |   jmp store
                       | branch:
0f b7 4d 40            |   movzx ecx, word ptr [rbp + 64]     # word 8: how many to skip after 0 ...
48 85 c0               |   test rax, rax
74 28                  |   jz skip
0f b7 4d 42            |   movzx ecx, word ptr [rbp + 66]     # ... after a positive result ...
48 3d 00 f0 ff ff      |   cmp rax, -4096
76 1c                  |   jbe skip
48 8b 4d 48            |   mov rcx, [rbp + 72]                # word 9: the errors that are tolerated
89 c2                  |   mov edx, eax
f7 da                  |   neg edx
f6 c1 01               |   test cl, 1
75 0b                  |   jnz tolerated
83 fa 3f               |   cmp edx, 63
77 25                  |   ja failed
48 0f a3 d1            |   bt rcx, rdx
73 1f                  |   jnc failed
                       | tolerated:
0f b7 4d 44            |   movzx ecx, word ptr [rbp + 68]     # ... after a tolerated error
                       | skip:
6b c9 50               |   imul ecx, ecx, 80
48 8d 6c 0d 50         |   lea rbp, [rbp + rcx + 80]
eb 81                  |   jmp next
                       | compare:                             # (address, mask, value, otherwise): 0 if equal
48 8b 0f               |   mov rcx, [rdi]
48 21 f1               |   and rcx, rsi
31 c0                  |   xor eax, eax
48 39 d1               |   cmp rcx, rdx
49 0f 45 c2            |   cmovne rax, r10
eb 9d                  |   jmp settle
                       | failed:                              # the operation's address and the negated errno go to the report
48 89 6b 18            |   mov [rbx + 24], rbp
48 89 43 20            |   mov [rbx + 32], rax
8b 7b 10               |   mov edi, [rbx + 16]
48 8d 73 18            |   lea rsi, [rbx + 24]
ba 10 00 00 00         |   mov edx, 16
b8 01 00 00 00         |   mov eax, 1                         # write
0f 05                  |   syscall
bf 01 00 00 00         |   mov edi, 1
b8 e7 00 00 00         |   mov eax, 231                       # exit_group
0f 05                  |   syscall
                       | done:
5d                     |   pop rbp
5b                     |   pop rbx
c3                     |   ret
`;
