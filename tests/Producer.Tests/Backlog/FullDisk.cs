using Orleans.Kpl.Adapters.Files;

namespace Orleans.Kpl.Producer.Tests.Backlog;

/// <summary>The real file system, with a switch: then files end after their first half, for want of space.</summary>
internal sealed class FullDisk : IBacklogFiles
{
    private const int NoSpace = 28;
    private const int WindowsNoSpace = unchecked((int)0x80070070);

    private readonly DiskFiles _disk = new();

    public bool IsFull { get; set; }

    public void Write(string path, ReadOnlySpan<byte> bytes, bool sync)
    {
        if (!IsFull)
        {
            _disk.Write(path, bytes, sync);
            return;
        }

        _disk.Write(path, bytes[..(bytes.Length / 2)], sync);
        throw new IOException("No space left on device", OperatingSystem.IsWindows() ? WindowsNoSpace : NoSpace);
    }

    public bool FolderExists(string path) => _disk.FolderExists(path);

    public void CreateFolder(string path) => _disk.CreateFolder(path);

    public void Rename(string from, string to) => _disk.Rename(from, to);

    public void SyncFolder(string path) => _disk.SyncFolder(path);

    public void Delete(string path) => _disk.Delete(path);

    public byte[]? Read(string path) => _disk.Read(path);

    public IReadOnlyList<(string Name, long Bytes)> Files(string path) => _disk.Files(path);

    public IReadOnlyList<string> Folders(string path) => _disk.Folders(path);

    public IDisposable Lock(string path) => _disk.Lock(path);
}
