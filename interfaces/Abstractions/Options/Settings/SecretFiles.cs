using Orleans.Kpl.Bytes;

namespace Orleans.Kpl.Settings;

/// <summary>
/// A secret may stand in a file: <c>Kinesis:SecretAccessKeyFile</c> names the file of <c>Kinesis:SecretAccessKey</c>. Command lines are readable for
/// every user of a machine, and secret managers mount files.
/// </summary>
internal static class SecretFiles
{
    public const int MaxBytes = 64 << 10;

    private const string Suffix = "File";

    /// <summary>Whether the path is that of a secret itself, not of its file.</summary>
    public static bool IsSecret(string path) =>
        (SettingNames.FindInProcess(path) ?? KplClusterSettings.All.Find(path)) is { IsSecret: true };

    /// <summary>Returns the secret setting whose file a path names; null if it names none.</summary>
    public static string? FindSetting(string path) =>
        path.EndsWith(Suffix, StringComparison.OrdinalIgnoreCase) && path[..^Suffix.Length] is var setting && IsSecret(setting) ? setting : null;

    /// <summary>Puts what files hold in the place of their names.</summary>
    /// <param name="settings">Keys and texts.</param>
    /// <param name="isOwn">Whether the caller reads a setting; the files of other settings are left to others.</param>
    /// <param name="errors">Gets every file that cannot be read, and every secret that is given twice.</param>
    public static IReadOnlyList<KeyValuePair<string, string?>> Resolve(
        IEnumerable<KeyValuePair<string, string?>> settings, Func<string, bool> isOwn, List<string> errors)
    {
        List<KeyValuePair<string, string?>> all = [.. settings];
        var resolved = new List<KeyValuePair<string, string?>>(all.Count);
        foreach (var (path, text) in all)
        {
            if (text is null || FindSetting(path) is not { } setting || !isOwn(setting))
                resolved.Add(new(path, text));
            else if (all.Exists(s => s.Value is not null && s.Key.Equals(setting, StringComparison.OrdinalIgnoreCase)))
                errors.Add($"Kpl:{setting} and Kpl:{path} are one setting; give one of them");
            else if (TryRead(text, out var secret, out var error))
                resolved.Add(new(setting, secret));
            else
                errors.Add($"Kpl:{path} is {SettingNames.Quote(text)}: {error}");
        }
        return resolved;
    }

    /// <summary>Returns a warning for each secret among the settings of a command line.</summary>
    /// <param name="paths">Their paths, with the section, such as <c>Kpl:Kinesis:SecretAccessKey</c>.</param>
    public static IEnumerable<string> FindWarnings(IEnumerable<string> paths) =>
        from path in paths
        where path.StartsWith("Kpl:", StringComparison.OrdinalIgnoreCase) && IsSecret(path["Kpl:".Length..])
        select $"--{path} stands where every user of this machine can read it: give the environment, or a file with --{path}{Suffix}";

    private static bool TryRead(string path, out string secret, out string error)
    {
        var bytes = SmallFile.TryRead(path, MaxBytes, out var fault);
        using var text = new StreamReader(new MemoryStream(bytes ?? []));
        secret = text.ReadToEnd().TrimEnd('\r', '\n');
        error = fault is not null ? $"the file {fault}" : secret.Length == 0 ? "the file is empty" : "";
        return error.Length == 0;
    }
}
