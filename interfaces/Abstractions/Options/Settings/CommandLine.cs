namespace Orleans.Kpl.Settings;

/// <summary>
/// The command line of a tier's process: settings as <c>--Kpl:NAME=VALUE</c> or <c>--Kpl:NAME VALUE</c>, and arguments of its own. All errors are
/// collected.
/// </summary>
internal class CommandLine
{
    public bool Help { get; private set; }

    /// <summary>Each setting's path, such as <c>Kpl:RecordTtl</c>, and its text, like those of files and environment.</summary>
    public Dictionary<string, string?> Settings { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The errors of the command line itself; each names its argument.</summary>
    public List<string> Errors { get; } = [];

    /// <summary>Reads settings alone.</summary>
    public static CommandLine Read(IReadOnlyList<string> args) => Read(args, new SettingTable<CommandLine>("--"));

    /// <summary>Reads settings, and the arguments of a table; a switch among them has no value.</summary>
    /// <param name="repeatable">Arguments that may come more than once.</param>
    public static T Read<T>(IReadOnlyList<string> args, SettingTable<T> own, params string[] repeatable)
        where T : CommandLine, new()
    {
        var line = new T();
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < args.Count; i++)
        {
            var equals = args[i].IndexOf('=', StringComparison.Ordinal);
            var (name, value) = equals < 0 ? (args[i], null) : (args[i][..equals], args[i][(equals + 1)..]);
            var argument = name.StartsWith("--", StringComparison.Ordinal) ? own.Find(name[2..]) : null;
            var isSwitch = argument is Setting<T, bool>;
            if (name is "--help" or "-h" or "-?")
                line.Help = true;
            else if (!name.StartsWith('-'))
                line.Errors.Add($"'{args[i]}' belongs to no argument; --help names all arguments");
            else if (isSwitch && value is not null)
                line.Errors.Add($"{name} takes no value");
            else
            {
                if (isSwitch)
                    value = "true";
                else if (value is null && i + 1 < args.Count && !args[i + 1].StartsWith("--", StringComparison.Ordinal))
                    value = args[++i];
                line.Take(name, value, argument is not null, isAgain: !seen.Add(name) && !repeatable.Contains(name), [.. own.Select(static s => s.Name)]);
                if (argument is not null && !string.IsNullOrEmpty(value))
                    line.Errors.AddRange(own.Read(line, [new(name[2..], value)]));
            }
        }

        return line;
    }

    private void Take(string name, string? value, bool isKnown, bool isAgain, IReadOnlyList<string> names)
    {
        var isSetting = name.StartsWith("--Kpl:", StringComparison.OrdinalIgnoreCase) || name.StartsWith("--Logging:", StringComparison.OrdinalIgnoreCase);
        if (!isKnown && !isSetting)
            Errors.Add($"{name} is not known; {(Nearest(name.TrimStart('-'), names) is { } near ? $"the nearest is {near}" : "--help names all arguments")}");
        else if (isSetting ? value is null : string.IsNullOrEmpty(value))
            Errors.Add($"{name} needs a value");
        else if (isAgain)
            Errors.Add($"{name} is given more than once");
        else if (isSetting)
            Settings[name[2..]] = value;
    }

    /// <summary>Finds the argument, or the setting whose section was left out, that was probably meant; null where none is near.</summary>
    private static string? Nearest(string name, IReadOnlyList<string> names) =>
        names.Count > 0 && NearestSetting.FindAmong(name, names) is { } argument ? $"--{argument}"
        : NearestSetting.Find(name, []) is { } setting ? $"--Kpl:{setting}"
        : null;
}
