// SPDX-License-Identifier: Apache-2.0
// Starting the worker, talking to it, and the limits that it sets on itself.
#include "CDicomShim.h"

#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>

int dcm_shared_create(size_t size) {
    const int descriptor = memfd_create("grevy-pixels", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (descriptor < 0) return -1;
    // Sealed in size: a worker that shrank it would make the reader's access a bus error.
    if (ftruncate(descriptor, static_cast<off_t>(size)) != 0 ||
        fcntl(descriptor, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
        close(descriptor);
        return -1;
    }
    return descriptor;
}

uint8_t *dcm_shared_map(int descriptor, size_t size, int writable) {
    const int protection = writable ? PROT_READ | PROT_WRITE : PROT_READ;
    void *start = mmap(nullptr, size, protection, MAP_SHARED, descriptor, 0);
    return start == MAP_FAILED ? nullptr : static_cast<uint8_t *>(start);
}

void dcm_shared_unmap(uint8_t *start, size_t size) { munmap(start, size); }

void dcm_shared_release(int descriptor, size_t size) {
    (void)fallocate(
        descriptor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(size));
}

void dcm_prefer_large_pages(void *start, size_t size) {
    constexpr uintptr_t page = 4096;
    const auto first = (reinterpret_cast<uintptr_t>(start) + page - 1) / page * page;
    const auto end = (reinterpret_cast<uintptr_t>(start) + size) / page * page;
    if (first < end) (void)madvise(reinterpret_cast<void *>(first), end - first, MADV_HUGEPAGE);
}

int dcm_worker_start(
    const char *program, int shared_descriptor, int *process, int *socket_descriptor) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return -1;
    // Above the numbers that the child gets, so that no dup2 overwrites a source.
    const int far = fcntl(ends[1], F_DUPFD_CLOEXEC, 10);
    const int shared = fcntl(shared_descriptor, F_DUPFD_CLOEXEC, 10);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, far, 0);
    posix_spawn_file_actions_adddup2(&actions, far, 1);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, shared, 3);
    posix_spawn_file_actions_addclosefrom_np(&actions, 4);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    // A group of its own: an interrupt from the keyboard goes to the program that leads it.
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    char *const arguments[] = {
        const_cast<char *>(program), const_cast<char *>("dicom-worker"), nullptr};
    char *const environment[] = {nullptr};
    pid_t child = -1;
    const bool started = far >= 0 && shared >= 0 &&
                         posix_spawn(
                             &child, program, &actions, &attributes, arguments, environment) == 0;
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    close(ends[1]);
    if (far >= 0) close(far);
    if (shared >= 0) close(shared);
    if (!started) {
        close(ends[0]);
        return -1;
    }
    *process = child;
    *socket_descriptor = ends[0];
    return 0;
}

int dcm_worker_reap(int process) {
    int status = 0;
    while (waitpid(process, &status, 0) < 0) {
        if (errno != EINTR) return 0;
    }
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

int dcm_send(int socket_descriptor, const uint8_t *bytes, size_t count) {
    while (count > 0) {
        const ssize_t sent = send(socket_descriptor, bytes, count, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) return -1;
        bytes += sent;
        count -= static_cast<size_t>(sent);
    }
    return 0;
}

int dcm_receive(int socket_descriptor, uint8_t *bytes, size_t count, int milliseconds) {
    using clock = std::chrono::steady_clock;
    const auto end = clock::now() + std::chrono::milliseconds(milliseconds);
    while (count > 0) {
        int left = -1;
        if (milliseconds >= 0) {
            const auto rest =
                std::chrono::duration_cast<std::chrono::milliseconds>(end - clock::now());
            if (rest.count() <= 0) return -2;
            left = static_cast<int>(rest.count());
        }
        pollfd wait = {socket_descriptor, POLLIN, 0};
        const int ready = poll(&wait, 1, left);
        if (ready < 0 && errno == EINTR) continue;
        if (ready < 0) return -1;
        if (ready == 0) return -2;
        const ssize_t got = recv(socket_descriptor, bytes, count, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return -1;
        bytes += got;
        count -= static_cast<size_t>(got);
    }
    return 0;
}

namespace {

bool limit(__rlimit_resource_t resource, rlim_t value) {
    const rlimit both = {value, value};
    return setrlimit(resource, &both) == 0;
}

}  // namespace

int dcm_limit_process(size_t address_space, size_t file_size) {
    // One heap only: every further one would reserve 64 MiB of the address space.
    mallopt(M_ARENA_MAX, 1);
    unsigned long pages = 0;
    FILE *facts = std::fopen("/proc/self/statm", "r");
    if (facts == nullptr) return -1;
    const int found = std::fscanf(facts, "%lu", &pages);
    std::fclose(facts);
    if (found != 1) return -1;
    const rlim_t now = static_cast<rlim_t>(pages) * static_cast<rlim_t>(sysconf(_SC_PAGESIZE));
    const bool isLimited = limit(RLIMIT_AS, now + address_space) && limit(RLIMIT_CORE, 0) &&
                           limit(RLIMIT_FSIZE, file_size) && limit(RLIMIT_NOFILE, 32) &&
                           prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
    return isLimited ? 0 : -1;
}

int dcm_limit_processor_time(unsigned seconds) {
    rusage used;
    rlimit limits;
    if (getrusage(RUSAGE_SELF, &used) != 0 || getrlimit(RLIMIT_CPU, &limits) != 0) return -1;
    limits.rlim_cur = static_cast<rlim_t>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + 1 + seconds;
    return setrlimit(RLIMIT_CPU, &limits);
}

void dcm_begin_writing_out(int descriptor, uint64_t offset, uint64_t count) {
    (void)sync_file_range(
        descriptor, static_cast<off64_t>(offset), static_cast<off64_t>(count),
        SYNC_FILE_RANGE_WRITE);
}
