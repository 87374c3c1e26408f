using System.Runtime.InteropServices;

namespace Orleans.Kpl.Deaggregation.Tests.Hashing;

/// <summary>Memory whose last byte is the last one that may be read: on Unix the page behind it is out of bounds.</summary>
internal sealed unsafe partial class GuardedMemory : IDisposable
{
    private const int ReadWrite = 3;
    private const int PrivateAnonymous = 0x22;
    private const int None = 0;

    private readonly nuint _size;
    private readonly byte* _pages;
    private readonly int _length;

    public GuardedMemory(int length)
    {
        _length = length;
        var page = (nuint)Environment.SystemPageSize;
        _size = ((nuint)length + page - 1) / page * page;
        if (!OperatingSystem.IsLinux())
        {
            _pages = (byte*)NativeMemory.Alloc(_size);
            return;
        }
        _pages = (byte*)Map(null, _size + page, ReadWrite, PrivateAnonymous, -1, 0);
        Assert.NotEqual(-1, (nint)_pages);
        Assert.Equal(0, Protect(_pages + _size, page, None));
    }

    public Span<byte> Span => new(_pages + _size - _length, _length);

    public void Dispose()
    {
        if (OperatingSystem.IsLinux())
            _ = Unmap(_pages, _size + (nuint)Environment.SystemPageSize);
        else
            NativeMemory.Free(_pages);
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial void* Map(void* address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static partial int Protect(void* address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(void* address, nuint length);
}
