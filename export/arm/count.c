/* A plugin of QEMU's user-mode emulator that counts the instructions of the emulated program: at each call of getppid,
 * which nothing else in it makes, the number so far goes to a file as a line.
 *
 *   cc -O2 -shared -fPIC -DVERSION=1 -o count.so count.c
 *   qemu-aarch64 -plugin count.so,out=FILE PROGRAM
 *
 * Debian ships no header for plugins, so what is used of the interface (qemu-plugin.h, versions 1 and later) is declared
 * here. A counter without a lock is enough, because the program runs on one thread. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define PUBLIC __attribute__((visibility("default")))
#define GETPPID 173 /* on aarch64 */

typedef uint64_t Id;
typedef struct qemu_plugin_tb Block; /* instructions that run without a branch between them */

void qemu_plugin_register_vcpu_tb_trans_cb(Id, void (*)(Id, Block *));
void qemu_plugin_register_vcpu_tb_exec_cb(Block *, void (*)(unsigned, void *), int flags, void *);
size_t qemu_plugin_tb_n_insns(const Block *);
void qemu_plugin_register_vcpu_syscall_cb(Id, void (*)(Id, unsigned, int64_t, uint64_t, uint64_t, uint64_t, uint64_t,
                                                       uint64_t, uint64_t, uint64_t, uint64_t));

PUBLIC int qemu_plugin_version = VERSION;
static uint64_t count;
static FILE *out;

static void executed(unsigned cpu, void *instructions) { count += (uintptr_t)instructions; }

static void translated(Id id, Block *block) {
    qemu_plugin_register_vcpu_tb_exec_cb(block, executed, 0, (void *)(uintptr_t)qemu_plugin_tb_n_insns(block));
}

static void called(Id id, unsigned cpu, int64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e,
                   uint64_t f, uint64_t g, uint64_t h) {
    if (number != GETPPID) return;
    fprintf(out, "%llu\n", (unsigned long long)count);
    fflush(out);
}

PUBLIC int qemu_plugin_install(Id id, const void *info, int argc, char **argv) {
    if (argc != 1 || strncmp(argv[0], "out=", 4) || !(out = fopen(argv[0] + 4, "w"))) return 1;
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_vcpu_syscall_cb(id, called);
    return 0;
}
