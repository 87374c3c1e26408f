namespace Orleans.Kpl.Http.Serving;

/// <summary>The file of settings in the current directory, which is wherever the process was started.</summary>
internal static class SettingsFile
{
    public const string Name = "appsettings.json";

    /// <summary>Returns the file's path; null if it is not there.</summary>
    public static string? Find(string directory) => Path.Combine(directory, Name) is var path && File.Exists(path) ? path : null;

    /// <summary>Returns why the file is not read; null if it is, or is not there. Who may write it decides where records and keys go.</summary>
    public static string? FindError(string directory) =>
        !OperatingSystem.IsWindows() && Find(directory) is { } path && (File.GetUnixFileMode(path) & UnixFileMode.OtherWrite) != 0
            ? $"'{path}' is not read: every user of this machine may write it. Let its mode be 0644 or 0600"
            : null;
}
