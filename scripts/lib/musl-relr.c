/*
 * Lets musl 1.2.3, which Debian 12 has, run programs whose libraries are packed with RELR relocations, which musl knows
 * since 1.2.4. It is preloaded, so that its constructor runs before those of the others: it applies what is packed, then
 * makes the program's copies of variables anew, because they were made of what had not been relocated.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

enum { SIZE_OF_RELR = 35, RELR = 36, COPY_ON_X86_64 = 5 };

struct object {
  uintptr_t base;
  const Elf64_Dyn *dynamic;
  /* The part that is read-only once it was relocated. */
  uintptr_t from, to;
};

static struct object object_of(const struct dl_phdr_info *info) {
  struct object found = {.base = info->dlpi_addr};
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const Elf64_Phdr *header = &info->dlpi_phdr[i];
    uintptr_t start = found.base + header->p_vaddr;
    if (header->p_type == PT_DYNAMIC) found.dynamic = (const Elf64_Dyn *)start;
    if (header->p_type == PT_GNU_RELRO) {
      found.from = start & ~4095ul;
      found.to = (start + header->p_memsz) & ~4095ul;
    }
  }
  return found;
}

static void protect(const struct object *object, int rights) {
  if (object->to > object->from) mprotect((void *)object->from, object->to - object->from, rights);
}

static int relocate(struct dl_phdr_info *info, size_t size, void *data) {
  struct object object = object_of(info);
  const uint64_t *entry = NULL;
  size_t bytes = 0;
  for (const Elf64_Dyn *each = object.dynamic; each && each->d_tag; each++) {
    if (each->d_tag == RELR) entry = (const uint64_t *)(object.base + each->d_un.d_ptr);
    if (each->d_tag == SIZE_OF_RELR) bytes = each->d_un.d_val;
  }
  if (!entry || !bytes) return 0;
  protect(&object, PROT_READ | PROT_WRITE);
  uint64_t *where = NULL;
  for (size_t left = bytes / sizeof *entry; left; left--, entry++) {
    if ((*entry & 1) == 0) {
      where = (uint64_t *)(object.base + *entry);
      *where++ += object.base;
      continue;
    }
    for (int bit = 0; bit < 63; bit++) {
      if ((*entry >> (bit + 1)) & 1) where[bit] += object.base;
    }
    where += 63;
  }
  protect(&object, PROT_READ);
  return 0;
}

/* Of the program, which comes first. */
static int copy_again(struct dl_phdr_info *info, size_t size, void *data) {
  struct object object = object_of(info);
  const Elf64_Rela *entry = NULL;
  const Elf64_Sym *symbols = NULL;
  const char *names = NULL;
  size_t bytes = 0;
  for (const Elf64_Dyn *each = object.dynamic; each && each->d_tag; each++) {
    if (each->d_tag == DT_RELA) entry = (const Elf64_Rela *)(object.base + each->d_un.d_ptr);
    if (each->d_tag == DT_RELASZ) bytes = each->d_un.d_val;
    if (each->d_tag == DT_SYMTAB) symbols = (const Elf64_Sym *)(object.base + each->d_un.d_ptr);
    if (each->d_tag == DT_STRTAB) names = (const char *)(object.base + each->d_un.d_ptr);
  }
  protect(&object, PROT_READ | PROT_WRITE);
  for (size_t left = bytes / sizeof *entry; left; left--, entry++) {
    if (ELF64_R_TYPE(entry->r_info) != COPY_ON_X86_64) continue;
    const Elf64_Sym *symbol = &symbols[ELF64_R_SYM(entry->r_info)];
    const void *original = dlsym(RTLD_NEXT, names + symbol->st_name);
    if (original) memcpy((void *)(object.base + entry->r_offset), original, symbol->st_size);
  }
  protect(&object, PROT_READ);
  return 1;
}

__attribute__((constructor)) static void start(void) {
  dl_iterate_phdr(relocate, NULL);
  dl_iterate_phdr(copy_again, NULL);
}
