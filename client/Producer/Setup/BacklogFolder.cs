namespace Orleans.Kpl.Producer.Setup;

/// <summary>Looks whether the backlog's folder can be used, so that a start tells of it together with all other errors.</summary>
internal static class BacklogFolder
{
    /// <summary>Writes a file in the folder, or where that is to be made. Nothing of it stays: making folders, durably, is the store's.</summary>
    /// <param name="options">The backlog's options.</param>
    /// <returns>The error; none where there is none, or no folder is set.</returns>
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

    private static string Tell(BacklogOptions options, string why) => $"Kpl:Backlog:Directory is '{options.Directory}': it cannot be written to: {why}";
}
