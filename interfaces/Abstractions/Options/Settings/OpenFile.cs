namespace Orleans.Kpl.Settings;

/// <summary>
/// Finds files that any user of the machine may have written. A file of settings is read from wherever a process was started, and whoever writes it decides
/// where records and keys go.
/// </summary>
internal static class OpenFile
{
    /// <summary>Returns why a file is not read; null if it may be, or is not there.</summary>
    public static string? FindError(string path)
    {
        if (OperatingSystem.IsWindows() || !File.Exists(path))
            return null;
        if (IsOpen(path))
            return $"'{path}' is not read: every user of this machine may write it. Let its mode be 0644 or 0600";
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        return IsOpen(folder) ? $"'{path}' is not read: every user of this machine may put files into '{folder}'. Start in another folder" : null;
    }

    /// <summary>Whether every user of this machine may write a file, or into a folder.</summary>
    public static bool IsOpen(string path) => !OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & UnixFileMode.OtherWrite) != 0;
}
