using System.Runtime.Versioning;

namespace Orleans.Kpl.Producer.Setup;

/// <summary>Checks whether the backlog's folder is usable, so that a failed start reports it together with all other errors.</summary>
internal static class BacklogFolder
{
    /// <summary>Writes a test file in the folder, or where the folder will be created, and removes it. Creating folders durably is the store's task.</summary>
    /// <returns>The error; empty if there is no error or no folder is set.</returns>
    public static IEnumerable<string> FindErrors(BacklogOptions options)
    {
        if (string.IsNullOrEmpty(options.Directory) || options.Directory.Any(char.IsControl))
            return [];
        try
        {
            var folder = Path.GetFullPath(options.Directory);
            while (!Directory.Exists(folder))
            {
                if (File.Exists(folder))
                    return [Tell(options, $"{folder} is a file")];
                folder = Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException($"{folder} is not there");
            }

            using var file = new FileStream(Path.Combine(folder, $".{Guid.NewGuid():N}"), FileMode.CreateNew, FileAccess.Write, FileShare.None, 1,
                FileOptions.DeleteOnClose);
            file.WriteByte(0);
            return [];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return [Tell(options, error.Message)];
        }
    }

    /// <summary>Tells of streams' folders that others may enter: a copy, for instance, has left them open.</summary>
    /// <returns>The warning; empty if there is no reason for one, on Windows, or if no folder is set.</returns>
    public static IEnumerable<string> FindWarnings(BacklogOptions options)
    {
        if (OperatingSystem.IsWindows() || string.IsNullOrEmpty(options.Directory) || !Directory.Exists(options.Directory))
            return [];
        var folder = new DirectoryInfo(options.Directory);
        try
        {
            return IsOpen(folder) && folder.EnumerateDirectories().Any(IsOpen)
                ? [$"Kpl:Backlog:Directory '{options.Directory}' has records that every user of the machine may read: chmod -R go= closes it"]
                : [];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return []; // FindErrors tells of a folder that cannot be read
        }
    }

    [UnsupportedOSPlatform("windows")]
    private static bool IsOpen(DirectoryInfo folder) => (folder.UnixFileMode & UnixFileMode.OtherExecute) != 0;

    private static string Tell(BacklogOptions options, string why) => $"Kpl:Backlog:Directory is '{options.Directory}': it cannot be written to: {why}";
}
