namespace Orleans.Kpl.Aws.Endpoints;

/// <summary>The lines of one profile in AWS's shared files, and of its services: what AWS's SDK reads and does not give out.</summary>
internal sealed class ProfileLines
{
    private readonly Dictionary<(string Section, string Group, string Key), Heeded> _lines = [];
    private readonly string _profile;

    private ProfileLines(string profile) => _profile = profile;

    /// <summary>Reads the files: the one of credentials comes before the one of configuration.</summary>
    /// <exception cref="KinesisSettingsException">A file cannot be read.</exception>
    public static ProfileLines Read(AwsEnvironment environment, string profile)
    {
        var lines = new ProfileLines(profile);
        if (environment.ProfilesLocation is { } only)
            lines.Add(only, "", "a file of profiles");
        else
        {
            lines.Add(PathOf("AWS_SHARED_CREDENTIALS_FILE", "credentials"), "", "AWS_SHARED_CREDENTIALS_FILE");
            lines.Add(PathOf("AWS_CONFIG_FILE", "config"), "profile ", "AWS_CONFIG_FILE");
        }

        return lines;

        string PathOf(string variable, string name) => environment.Variable(variable)
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".aws", name);
    }

    /// <summary>Finds a value of the profile.</summary>
    public Heeded? Find(string key) => _lines.GetValueOrDefault((_profile, "", key));

    /// <summary>Finds a value for one service, in the section that the profile's line <c>services</c> names.</summary>
    public Heeded? FindOfService(string service, string key) =>
        Find("services") is { } section ? _lines.GetValueOrDefault(("services " + section.Value, service, key)) : null;

    private void Add(string path, string prefix, string variable)
    {
        if (!File.Exists(path))
            return;
        string[] text;
        try
        {
            text = File.ReadAllLines(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new KinesisSettingsException(variable, $"'{path}' cannot be read: {error.Message}");
        }

        var (section, group) = ("", "");
        for (var i = 0; i < text.Length; i++)
        {
            var line = WithoutComment(text[i]);
            if (line.Length == 0)
                continue;
            if (line is ['[', .. var name, ']'])
            {
                (section, group) = (SectionOf(name.Trim(), prefix), "");
                continue;
            }

            // Lines that are indented belong to the one above them that has no value.
            var (key, value) = line.Split('=', 2) is [var left, var right] ? (left.Trim().ToLowerInvariant(), right.Trim()) : (line, "");
            if (!char.IsWhiteSpace(text[i][0]))
                group = value.Length == 0 ? key : "";
            if (section.Length > 0 && value.Length > 0)
                _lines.TryAdd((section, group, key), new Heeded(value, $"{key} of profile {_profile} ({path}:{i + 1})"));
        }
    }

    /// <summary>The profile's name, or <c>services NAME</c>; empty for what counts as neither.</summary>
    private static string SectionOf(string name, string prefix) =>
        name == "default" || name.StartsWith("services ", StringComparison.Ordinal) ? name
        : name.StartsWith("profile ", StringComparison.Ordinal) ? name["profile ".Length..].Trim()
        : prefix.Length == 0 ? name : "";

    private static string WithoutComment(string line)
    {
        if (line.TrimStart() is ['#' or ';', ..])
            return "";
        var end = Math.Min(EndBefore(line, " #"), EndBefore(line, " ;"));
        return line[..end].Trim();

        static int EndBefore(string line, string mark) => line.IndexOf(mark, StringComparison.Ordinal) is var i and >= 0 ? i : line.Length;
    }
}
