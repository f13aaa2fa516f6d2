
# The counting model: the interpreter's loop counts what it does, allocations and reads from TLS pass by counting.c.
LDFLAGS += -Wl,--wrap=gc_alloc -Wl,--wrap=gc_realloc -Wl,--wrap=mbedtls_ssl_read

$(BUILD)/py/vm.o: $(VARIANT_DIR)/loop/vm.c
	$(ECHO) "CC $<"
	$(Q)$(CC) $(CFLAGS) -c -o $@ $<
