#pragma once

// Before a function whose loops the compiler is to vectorise for each level of the instruction set.
// Sanitizers look at a program before its functions are chosen; clang's tools need no speed.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define SEGMENTD_PER_LEVEL __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define SEGMENTD_PER_LEVEL
#endif
