namespace Orleans.Kpl.Producer.Setup;

/// <summary>Checks whether the backlog's folder is usable, so that a failed start reports it together with all other errors.</summary>
internal static class BacklogFolder
{
    /// <summary>
    /// Writes a test file in the folder, or where the folder will be created, and removes it. Creating folders durably is the store's
    /// task.
    /// </summary>
    /// <param name="options">The backlog's options.</param>
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

    /// <summary>Tells of a folder that others may enter: what an earlier version wrote there, they may read.</summary>
    /// <param name="options">The backlog's options.</param>
    /// <returns>The warning; empty if there is no reason for one, on Windows, or if no folder is set.</returns>
    public static IEnumerable<string> FindWarnings(BacklogOptions options)
    {
        if (OperatingSystem.IsWindows() || string.IsNullOrEmpty(options.Directory) || !Directory.Exists(options.Directory))
            return [];
        return (File.GetUnixFileMode(options.Directory) & UnixFileMode.OtherExecute) == 0
            ? []
            : [$"Kpl:Backlog:Directory '{options.Directory}' may be entered by every user of the machine, and older files in it may be read: chmod -R go= closes it"];
    }

    private static string Tell(BacklogOptions options, string why) => $"Kpl:Backlog:Directory is '{options.Directory}': it cannot be written to: {why}";
}
