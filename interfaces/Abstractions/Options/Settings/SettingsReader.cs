namespace Orleans.Kpl.Settings;

/// <summary>Reads flat settings into options, one by one, and collects errors and warnings.</summary>
internal sealed class SettingsReader
{
    private const string StreamsPrefix = "Streams:";

    private readonly KplOptions _options;
    private readonly IReadOnlyList<string> _otherSections;
    private readonly List<string> _errors = [];
    private readonly List<string> _warnings = [];
    private readonly Dictionary<(string? Stream, KplSetting Setting), (string Path, string Text)> _given = [];
    private readonly Dictionary<string, Action<StreamOptions>> _streams = new(StringComparer.Ordinal);

    /// <param name="otherSections">Sections to skip, because others read them.</param>
    public SettingsReader(KplOptions options, IReadOnlyList<string> otherSections)
    {
        (_options, _otherSections) = (options, otherSections);
        (options.KinesisEndpoint, options.KinesisPort, options.PropertiesFile) = (null, new KplOptions().KinesisPort, null);
    }

    public void Add(string path, string? text)
    {
        if (_otherSections.Any(s => SettingNames.IsOrIsBelow(path, s)))
            return;
        if (path.StartsWith(StreamsPrefix, StringComparison.OrdinalIgnoreCase))
            AddOfStream(path, text);
        else if (SettingNames.FindInProcess(path) is { } setting)
            AddOfProcess(setting, path, text);
        else if (SettingNames.FindInSection(path) is not { } example)
            AddUnknown(path);
        else if (text is not null)
            AddValueOfSection(path, "", example);
    }

    /// <summary>Adds what KPL's properties file says, if there is one, after all other settings were added.</summary>
    public void AddFile()
    {
        if (_options.PropertiesFile is not { } path)
            return;
        if (JavaProperties.TryReadFile(path, out var text, out var error))
            AddBelow(new KplPropertyReader($"Kpl:PropertiesFile {SettingNames.Quote(path)}").Read(text));
        else
            _errors.Add($"Kpl:PropertiesFile is {SettingNames.Quote(path)}: {error}");
    }

    /// <summary>Adds what KPL's properties say and nobody else has said.</summary>
    public void AddBelow(KplPropertyReading read)
    {
        _errors.AddRange(read.Errors);
        _warnings.AddRange(read.Warnings);
        foreach (var (setting, text) in read.Settings.Where(s => !IsGiven(s.Key)))
            Apply(setting, text);
        var ofKpl = new List<string>();
        foreach (var (setting, text) in read.Defaults.Where(s => !IsGiven(s.Key)))
        {
            Apply(setting, text);
            ofKpl.Add($"{setting.Name} {text}");
        }

        if (read.UploadsMetrics && !IsGiven(SettingNames.FindInProcess("Metrics:Sinks")!))
        {
            _options.Metrics.AddSinkOfKpl();
            ofKpl.Add("Metrics:Sinks CloudWatch");
        }

        if (ofKpl.Count > 0)
            _warnings.Add($"{read.Source}: KPL's own defaults hold for what it leaves out: {string.Join(", ", ofKpl)}");
    }

    public OptionsReport<KplOptions> Finish()
    {
        var endpointUrl = _options.KinesisEndpoint is { } host ? new UriBuilder(Uri.UriSchemeHttps, host, _options.KinesisPort).Uri : null;
        if (endpointUrl is null && FindGiven("KinesisPort") is { } port)
            _warnings.Add($"Kpl:{port.Path} has no effect without Kpl:KinesisEndpoint");
        if (endpointUrl is not null && FindGiven("Kinesis:EndpointUrl") is { } url && _options.Kinesis.EndpointUrl != endpointUrl)
            _errors.Add($"Kpl:KinesisEndpoint and Kpl:{url.Path} say different things: {endpointUrl} and {SettingNames.Quote(url.Text)}");
        else if (endpointUrl is not null)
            _options.Kinesis.EndpointUrl = endpointUrl;

        foreach (var (stream, apply) in _streams)
            _options.ForStream(stream, apply);
        return new(_options, _errors, _warnings);
    }

    private void AddOfProcess(KplSetting setting, string path, string? text)
    {
        if (!IsNew(null, setting, path, text))
            return;
        if (setting is FixedSetting unused)
            AddFixed(unused, path);
        else
            Take(setting, setting.ReadInProcess(text!), path, text!)?.Invoke(_options);
    }

    private void AddOfStream(string path, string? text)
    {
        // A stream may be an ARN, which has colons: the setting is the part after the last one.
        var end = path.LastIndexOf(':');
        if (end < StreamsPrefix.Length)
        {
            if (text is not null)
                AddValueOfSection(path, " for one stream", $"{path}:RecordTtl");
            return;
        }

        var stream = path[StreamsPrefix.Length..end];
        var name = path[(end + 1)..];
        switch (SettingNames.FindInStream(name) ?? SettingNames.FindInProcess(name))
        {
            case Setting<StreamOptions> s:
                if (IsNew(stream, s, path, text) && Take(s, s.Read(text!), path, text!) is { } apply)
                    _streams[stream] = _streams.TryGetValue(stream, out var earlier) ? earlier + apply : apply;
                break;
            case FixedSetting s:
                if (text is not null)
                    AddFixed(s, path);
                break;
            case { } s:
                _errors.Add($"Kpl:{path} cannot be set for one stream, only for the process: Kpl:{s.Name}");
                break;
            case null when text is not null:
                AddUnknown(path);
                break;
        }
    }

    private Action<TOptions>? Take<TOptions>(KplSetting setting, SettingReading<TOptions> read, string path, string text)
    {
        var (apply, error, warning) = read;
        if (error is not null)
            _errors.Add(setting.Refuse($"Kpl:{path}", text, error));
        if (warning is not null)
            _warnings.Add(setting.Refuse($"Kpl:{path}", text, warning));
        return apply;
    }

    private void AddFixed(FixedSetting setting, string path) =>
        _warnings.Add($"Kpl:{path} is accepted and has no effect: {setting.Description}");

    /// <summary>False when there is no text, or the same setting was given before, under this name or another.</summary>
    private bool IsNew(string? stream, KplSetting setting, string path, string? text)
    {
        if (text is null)
            return false;
        if (_given.TryAdd((stream, setting), (path, text)))
            return true;
        var (earlierPath, earlierText) = _given[(stream, setting)];
        if (earlierText != text)
            _errors.Add($"Kpl:{earlierPath} and Kpl:{path} are one setting and have different values");
        return false;
    }

    /// <summary>Whether a setting was given, or one in whose place it would stand.</summary>
    private bool IsGiven(KplSetting setting) =>
        _given.ContainsKey((null, setting)) || Rivals(setting.Name).Any(n => FindGiven(n) is not null);

    /// <summary>Sets what was found allowed before.</summary>
    private void Apply(KplSetting setting, string text)
    {
        if (setting.Name is "KinesisEndpoint" or "KinesisPort" && text != setting.Default)
            _given.TryAdd((null, setting), (setting.Name, text));
        setting.ReadInProcess(text).Apply?.Invoke(_options);
    }

    /// <summary>The settings that, given elsewhere, stand in the place of one of a properties file: half of a key pair, or of an address, is none.</summary>
    private static string[] Rivals(string setting) => setting switch
    {
        "KinesisEndpoint" or "KinesisPort" => ["Kinesis:EndpointUrl"],
        "CloudwatchEndpoint" or "CloudwatchPort" => ["Metrics:EndpointUrl"],
        "Kinesis:AccessKeyId" or "Kinesis:SecretAccessKey" => ["Kinesis:AccessKeyId", "Kinesis:SecretAccessKey", "Kinesis:SessionToken", "Kinesis:Profile"],
        _ => [],
    };

    private (string Path, string Text)? FindGiven(string name) =>
        _given.TryGetValue((null, SettingNames.FindInProcess(name)!), out var given) ? given : null;

    private void AddValueOfSection(string path, string use, string example) =>
        _errors.Add($"Kpl:{path} is a section{use} and has no value itself; a setting of it would be Kpl:{example}");

    // The value stays out of the message: it may be a secret under a misspelled name.
    private void AddUnknown(string path) =>
        _errors.Add($"Kpl:{path} is not known; {NearestSetting.Advice(NearestSetting.Find(path, _otherSections))}");
}
