namespace Orleans.Kpl.Adapters.Files;

/// <summary>
/// The file system operations that a backlog needs. They throw what .NET's do: <see cref="IOException"/> and
/// <see cref="UnauthorizedAccessException"/>. Written bytes and renames outlive a loss of power only once they are synced.
/// </summary>
internal interface IBacklogFiles
{
    /// <summary>Returns whether the folder exists.</summary>
    bool FolderExists(string path);

    /// <summary>Creates a folder where there is none; its parent must exist.</summary>
    void CreateFolder(string path);

    /// <summary>Writes a whole file, replacing an existing one.</summary>
    /// <param name="bytes">The whole content.</param>
    /// <param name="sync">Whether its bytes are on the disk when this returns; its name may not be.</param>
    void Write(string path, ReadOnlySpan<byte> bytes, bool sync);

    /// <summary>Renames a file atomically, replacing an existing one.</summary>
    void Rename(string from, string to);

    /// <summary>Syncs the names in a folder to the disk.</summary>
    void SyncFolder(string path);

    /// <summary>Deletes a file, if it exists.</summary>
    void Delete(string path);

    /// <summary>Reads the bytes of a file; null where there is none in its folder. If the folder is missing too, its contents are unknown.</summary>
    byte[]? Read(string path);

    /// <summary>Reads the first bytes of a file, fewer where it is shorter; null where there is none in its folder.</summary>
    byte[]? ReadHead(string path, int bytes) => Read(path) is { } all ? all[..Math.Min(bytes, all.Length)] : null;

    /// <summary>Lists the files of a folder with their lengths, in no order; none where there is no folder.</summary>
    IReadOnlyList<(string Name, long Bytes)> Files(string path);

    /// <summary>Lists the folders in a folder; none where there is none.</summary>
    IReadOnlyList<string> Folders(string path);

    /// <summary>Locks a file against all other processes, until the lock is disposed or the process ends.</summary>
    /// <exception cref="IOException">Another process holds it.</exception>
    IDisposable Lock(string path);
}
