"""What the ESP32 itself prints at 115200 baud: the ROM's banner, its loader's and the bootloader's lines."""

from host.devkit.esp_image import BadImage, Image

ROM_DATE = "ets Jul 29 2019 12:21:46"
GURU = "Guru Meditation Error"

POWERON, SW_RESET, DEEPSLEEP, RTC_WATCHDOG, SW_CPU = 0x1, 0x3, 0x5, 0x10, 0xC
_RESETS = {
    POWERON: "POWERON_RESET",
    SW_RESET: "SW_RESET",
    DEEPSLEEP: "DEEPSLEEP_RESET",
    RTC_WATCHDOG: "RTCWDT_RTC_RESET",
    SW_CPU: "SW_CPU_RESET",
}

INVALID_HEADER_LINES = 8
"""How often the ROM looks for a header before its watchdog resets the chip."""


def banner(reset: int) -> str:
    """The ROM's first lines on the way to the flash."""
    return _lines(
        ROM_DATE, "", f"rst:{reset:#x} ({_RESETS[reset]}),boot:0x13 (SPI_FAST_FLASH_BOOT)"
    )


def download_banner(reset: int) -> str:
    """The ROM's first lines when GPIO0 was low."""
    return _lines(
        ROM_DATE,
        "",
        f"rst:{reset:#x} ({_RESETS[reset]}),boot:0x3 (DOWNLOAD_BOOT(UART0/UART1/SDIO_REI_REO_V2))",
        "waiting for download",
    )


def s3_banner(download: bool) -> str:
    """The same of an ESP32-S3."""
    boot = "boot:0x0 (DOWNLOAD(USB/UART0))" if download else "boot:0x8 (SPI_FAST_FLASH_BOOT)"
    last = ["waiting for download"] if download else []
    return _lines(
        "ESP-ROM:esp32s3-20210327", "Build:Mar 27 2021", f"rst:0x1 (POWERON),{boot}", *last
    )


def invalid_header(word: int) -> str:
    return _lines(f"invalid header: {word:#010x}")


def bootloader_load(image: Image) -> str:
    """The ROM loading the second stage."""
    return _lines(
        "configsip: 0, SPIWP:0xee",
        "clk_drv:0x00,q_drv:0x00,d_drv:0x00,cs0_drv:0x00,hd_drv:0x00,wp_drv:0x00",
        "mode:DIO, clock div:2",
        *(f"load:{part.address:#010x},len:{len(part.data)}" for part in image.segments),
        f"entry {image.entry:#010x}",
    )


def bootloader_damaged(error: BadImage) -> str:
    """The ROM found a second stage that does not add up."""
    return _lines(f"csum err: {error}", "ets_main.c 384 ")


def no_partition_table(error: BadImage) -> str:
    return _lines(
        f"E (45) flash_parts: {error}",
        "E (50) boot: Failed to verify partition table",
        "E (55) boot: load partition table error!",
    )


def no_application(error: BadImage) -> str:
    return _lines(
        f"E (71) esp_image: {error}",
        "E (76) boot: Factory app partition is not bootable",
        "E (81) boot: No bootable app partitions in the partition table",
    )


def not_micropython() -> str:
    """Not a chip's line: the one thing that a virtual board has to say for itself."""
    return _lines(
        "",
        "inkling devkit: the application in flash is valid, but it is not MicroPython;"
        " a virtual board runs nothing else",
    )


def code_in_ram() -> str:
    """As little can be done with what a tool loads into RAM to run it there."""
    return _lines("", "inkling devkit: a virtual board cannot run code that is loaded into RAM")


def panic(status: int) -> str:
    """The firmware died: what a dead process of the board model looks like on the line."""
    why = f"signal {-status}" if status < 0 else f"status {status}"
    return _lines(
        "",
        f"{GURU}: Core  1 panic'ed (board model ended with {why}). Exception was unhandled.",
        "",
        "Backtrace: 0x400d1f3a:0x3ffcdf60 0x400d2051:0x3ffcdf80 0x40090e4d:0x3ffcdfa0",
        "",
        "Rebooting...",
    )


def watchdog() -> str:
    """The task watchdog, which machine.WDT is on the ESP32, gave up waiting."""
    return _lines(
        "",
        "E (5312) task_wdt: Task watchdog got triggered. "
        "The following tasks/users did not reset the watchdog in time:",
        "E (5312) task_wdt:  - mp_task (CPU 1)",
        "E (5312) task_wdt: Aborting.",
        "",
        "Rebooting...",
    )


def _lines(*lines: str) -> str:
    return "".join(f"{line}\r\n" for line in lines)
