namespace Orleans.Kpl.Adapters.Files;

/// <summary>
/// The few things that a backlog asks of a file system. They throw what .NET's do: <see cref="IOException"/> and
/// <see cref="UnauthorizedAccessException"/>. What was written or renamed outlives a loss of power only once it is synced.
/// </summary>
internal interface IBacklogFiles
{
    /// <summary>Whether there is such a folder.</summary>
    bool FolderExists(string path);

    /// <summary>Makes a folder where there is none; its parent must be there.</summary>
    void CreateFolder(string path);

    /// <summary>Writes a whole file, in place of what was there.</summary>
    /// <param name="path">The file.</param>
    /// <param name="bytes">All of it.</param>
    /// <param name="sync">Whether its bytes are on the disk when this returns; its name may not be.</param>
    void Write(string path, ReadOnlySpan<byte> bytes, bool sync);

    /// <summary>Renames a file, in place of one that was there, at once or not at all.</summary>
    void Rename(string from, string to);

    /// <summary>Brings the names in a folder onto the disk.</summary>
    void SyncFolder(string path);

    /// <summary>Deletes a file, where there is one.</summary>
    void Delete(string path);

    /// <summary>The bytes of a file; null where there is none in its folder. Where the folder is not there, nobody knows what is in it.</summary>
    byte[]? Read(string path);

    /// <summary>Files of a folder with their lengths, in no order; none where there is no folder.</summary>
    IReadOnlyList<(string Name, long Bytes)> Files(string path);

    /// <summary>Folders of a folder; none where there is none.</summary>
    IReadOnlyList<string> Folders(string path);

    /// <summary>Holds a file so that nobody else can, until it is disposed of or the process ends.</summary>
    /// <exception cref="IOException">Somebody else holds it.</exception>
    IDisposable Lock(string path);
}
