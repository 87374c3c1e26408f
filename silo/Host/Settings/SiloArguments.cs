namespace Orleans.Kpl.Host.Settings;

/// <summary>The command line: settings as <c>--Kpl:NAME=VALUE</c> or <c>--Kpl:NAME VALUE</c>. All errors are collected.</summary>
internal sealed class SiloArguments
{
    private readonly Dictionary<string, string?> _settings = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> _errors = [];

    private SiloArguments()
    {
    }

    public bool Help { get; private set; }

    /// <summary>Each setting's path, such as <c>Kpl:RecordTtl</c>, and its text.</summary>
    public IReadOnlyDictionary<string, string?> Settings => _settings;

    public IReadOnlyList<string> Errors => _errors;

    public static SiloArguments Read(IReadOnlyList<string> args)
    {
        var read = new SiloArguments();
        for (var i = 0; i < args.Count;)
            i += read.ReadNext(args[i], i + 1 < args.Count ? args[i + 1] : null);
        return read;
    }

    /// <summary>Reads one argument and returns how many words it used.</summary>
    private int ReadNext(string word, string? next)
    {
        if (word is "--help" or "-h" or "-?")
        {
            Help = true;
            return 1;
        }

        var equals = word.IndexOf('=', StringComparison.Ordinal);
        var name = equals < 0 ? word : word[..equals];
        var takesNext = equals < 0 && next is not null && !next.StartsWith("--", StringComparison.Ordinal);
        if (!IsSetting(name))
        {
            _errors.Add(name.StartsWith('-') ? $"{name} is not known; settings are --Kpl:NAME=VALUE, and --help tells more" : $"'{word}' belongs to no argument; --help tells more");
            return takesNext && name.StartsWith('-') ? 2 : 1;
        }

        var value = equals >= 0 ? word[(equals + 1)..] : takesNext ? next : null;
        if (value is null)
            _errors.Add($"{name} needs a value");
        else if (!_settings.TryAdd(name[2..], value))
            _errors.Add($"{name} is given more than once");
        return takesNext ? 2 : 1;
    }

    private static bool IsSetting(string name) =>
        name.StartsWith("--Kpl:", StringComparison.OrdinalIgnoreCase) || name.StartsWith("--Logging:", StringComparison.OrdinalIgnoreCase);
}
