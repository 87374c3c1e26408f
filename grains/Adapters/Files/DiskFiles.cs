namespace Orleans.Kpl.Adapters.Files;

/// <summary>The file system of the machine.</summary>
internal sealed class DiskFiles : IBacklogFiles
{
    public bool FolderExists(string path) => Directory.Exists(path);

    public void CreateFolder(string path) => Directory.CreateDirectory(path);

    public void Write(string path, ReadOnlySpan<byte> bytes, bool sync)
    {
        using var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write, FileShare.None);
        RandomAccess.Write(file, bytes, 0);
        if (sync)
            RandomAccess.FlushToDisk(file);
    }

    public void Rename(string from, string to) => File.Move(from, to, overwrite: true);

    public void SyncFolder(string path) => FolderSync.Sync(path);

    public void Delete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (DirectoryNotFoundException)
        {
            // If the folder does not exist, neither does the file.
        }
    }

    public byte[]? Read(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    public byte[]? ReadHead(string path, int bytes)
    {
        try
        {
            using var file = File.OpenHandle(path);
            var head = new byte[bytes];
            return head[..RandomAccess.Read(file, head, 0)];
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    public IReadOnlyList<(string Name, long Bytes)> Files(string path)
    {
        var folder = new DirectoryInfo(path);
        return folder.Exists ? [.. folder.EnumerateFiles().Select(static f => (f.Name, f.Length))] : [];
    }

    public IReadOnlyList<string> Folders(string path)
    {
        var folder = new DirectoryInfo(path);
        return folder.Exists ? [.. folder.EnumerateDirectories().Select(static f => f.Name)] : [];
    }

    public IDisposable Lock(string path) => new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
}
