using System.Runtime.Versioning;
using Orleans.Kpl.Adapters.Files;

namespace Orleans.Kpl.Producer.Setup;

/// <summary>Checks whether the backlog's folder is usable, so that a failed start reports it together with all other errors.</summary>
internal static class BacklogFolder
{
    /// <summary>
    /// Writes a test file in the folder, or where the folder will be created, and removes it. Creating folders durably is the store's task. A full disk is
    /// no error: what lies there is still delivered, which makes room.
    /// </summary>
    /// <returns>The error; empty if there is no error or no folder is set.</returns>
    public static IEnumerable<string> FindErrors(BacklogOptions options, Action<string>? write = null) =>
        Try(options, write ?? Write) is { } error && !FileFailure.IsFull(error) ? [Tell(options, error.Message)] : [];

    /// <summary>Tells of a full disk, and of streams' folders that others may enter: a copy, for instance, has left them open.</summary>
    /// <returns>The warnings; empty if there is no reason for one, or if no folder is set.</returns>
    public static IEnumerable<string> FindWarnings(BacklogOptions options, Action<string>? write = null)
    {
        if (Try(options, write ?? Write) is { } error && FileFailure.IsFull(error))
            yield return $"{Tell(options, error.Message)}; what lies there is delivered";
        foreach (var warning in FindOpen(options))
            yield return warning;
    }

    /// <summary>Writes the test file. Returns why that fails; null where it does not, or where no folder is set.</summary>
    private static Exception? Try(BacklogOptions options, Action<string> write)
    {
        if (string.IsNullOrEmpty(options.Directory) || options.Directory.Any(char.IsControl))
            return null;
        try
        {
            var folder = Path.GetFullPath(options.Directory);
            while (!Directory.Exists(folder))
            {
                if (File.Exists(folder))
                    throw new IOException($"{folder} is a file");
                folder = Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException($"{folder} is not there");
            }

            write(Path.Combine(folder, $".{Guid.NewGuid():N}"));
            return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return error;
        }
    }

    private static void Write(string path)
    {
        using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
        file.WriteByte(0);
    }

    private static IEnumerable<string> FindOpen(BacklogOptions options)
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
