using Orleans.Kpl.Settings;

namespace Orleans.Kpl.Http.Serving;

/// <summary>The file of settings in the current directory, which is wherever the process was started.</summary>
internal static class SettingsFile
{
    public const string Name = "appsettings.json";

    /// <summary>Returns the file's path; null if it is not there.</summary>
    public static string? Find(string directory) => Path.Combine(directory, Name) is var path && File.Exists(path) ? path : null;

    /// <summary>Returns why the file is not read; null if it is, or is not there.</summary>
    public static string? FindError(string directory) => OpenFile.FindError(Path.Combine(directory, Name));
}
