using System.Globalization;
using Microsoft.Extensions.Configuration;
using Orleans.Kpl.Http.Identities;
using Orleans.Kpl.Settings;

namespace Orleans.Kpl.Http;

/// <summary>Reads section <c>Kpl:Http</c> from .NET's configuration: files, environment (<c>Kpl__Http__…</c>), command line.</summary>
public static class KplHttpConfiguration
{
    /// <summary>The name of the section below <c>Kpl</c>.</summary>
    public const string SectionName = "Http";

    private delegate bool Apply(KplHttpOptions options, string text);

    private static readonly Dictionary<string, (string Expected, Apply Apply)> Settings = new(StringComparer.OrdinalIgnoreCase)
    {
        [nameof(KplHttpOptions.Address)] = ("an IP address", Text((o, v) => o.Address = v)),
        [nameof(KplHttpOptions.Port)] = ("a port", Whole((o, v) => o.Port = v)),
        [nameof(KplHttpOptions.DefaultStream)] = ("a stream's name or ARN", Text((o, v) => o.DefaultStream = v)),
        [nameof(KplHttpOptions.Streams)] = ("names with commas between them", List((o, v) => o.Streams = v)),
        [nameof(KplHttpOptions.Hosts)] = ("names with commas between them", List((o, v) => o.Hosts = v)),
        [nameof(KplHttpOptions.MaxBodyBytes)] = ("a number of bytes", Number((o, v) => o.MaxBodyBytes = v)),
        [nameof(KplHttpOptions.MaxBodyMemory)] = ("a number of bytes", Number((o, v) => o.MaxBodyMemory = v)),
        [nameof(KplHttpOptions.BodyTimeout)] = ("a duration such as 30s", Duration((o, v) => o.BodyTimeout = v)),
        [nameof(KplHttpOptions.MaxRecords)] = ("a number of records", Whole((o, v) => o.MaxRecords = v)),
        [nameof(KplHttpOptions.AcceptTimeout)] = ("a duration such as 5s", Duration((o, v) => o.AcceptTimeout = v)),
        [nameof(KplHttpOptions.MaxConnections)] = ("a number of connections", Whole((o, v) => o.MaxConnections = v)),
        [nameof(KplHttpOptions.MaxConnectionsPerAddress)] = ("a number of connections", Whole((o, v) => o.MaxConnectionsPerAddress = v)),
        [nameof(KplHttpOptions.TrustedProxies)] = ("names with commas between them", List((o, v) => o.TrustedProxies = v)),
        [nameof(KplHttpOptions.HealthPort)] = ("a port", Whole((o, v) => o.HealthPort = v)),
        [nameof(KplHttpOptions.DrainDelay)] = ("a duration such as 10s", Duration((o, v) => o.DrainDelay = v)),
        [nameof(KplHttpOptions.RetryAfter)] = ("a duration such as 1s", Duration((o, v) => o.RetryAfter = v)),
        [nameof(KplHttpOptions.AdminAddress)] = ("an IP address", Text((o, v) => o.AdminAddress = v)),
        [nameof(KplHttpOptions.AdminPort)] = ("a port", Whole((o, v) => o.AdminPort = v)),
        [nameof(KplHttpOptions.Identities)] = ("a path", Text((o, v) => o.Identities = v.Length == 0 ? null : v)),
        [nameof(KplHttpOptions.CertificateFile)] = ("a path", Text((o, v) => o.CertificateFile = v.Length == 0 ? null : v)),
        [nameof(KplHttpOptions.CertificateKeyFile)] = ("a path", Text((o, v) => o.CertificateKeyFile = v.Length == 0 ? null : v)),
        [nameof(KplHttpOptions.ClientCaCertFile)] = ("a path", Text((o, v) => o.ClientCaCertFile = v.Length == 0 ? null : v)),
        [nameof(KplHttpOptions.AllowAnonymous)] = ("true or false", Flag((o, v) => o.AllowAnonymous = v)),
        [nameof(KplHttpOptions.AllowPlaintext)] = ("true or false", Flag((o, v) => o.AllowPlaintext = v)),
        [nameof(KplHttpOptions.OpenMetrics)] = ("true or false", Flag((o, v) => o.OpenMetrics = v)),
    };

    /// <summary>What only the tier's own hosts heed: where they listen, how they are secured, and whom they take.</summary>
    private static readonly string[] OfHosts =
    [
        nameof(KplHttpOptions.Address), nameof(KplHttpOptions.Port), nameof(KplHttpOptions.AdminAddress), nameof(KplHttpOptions.AdminPort),
        nameof(KplHttpOptions.MaxConnections), nameof(KplHttpOptions.MaxConnectionsPerAddress), nameof(KplHttpOptions.HealthPort),
        nameof(KplHttpOptions.Identities), nameof(KplHttpOptions.CertificateFile),
        nameof(KplHttpOptions.CertificateKeyFile), nameof(KplHttpOptions.ClientCaCertFile), nameof(KplHttpOptions.AllowAnonymous),
        nameof(KplHttpOptions.AllowPlaintext), nameof(KplHttpOptions.OpenMetrics),
    ];

    /// <summary>The settings of the section.</summary>
    internal static IReadOnlyCollection<string> Names => Settings.Keys;

    /// <summary>Reads and checks the options; reports every error, not only the first.</summary>
    /// <param name="httpSection">Section <c>Kpl:Http</c>; it may be missing or empty.</param>
    /// <param name="errors">The errors; each names its setting, the value and what is allowed. Empty when the options are valid.</param>
    public static KplHttpOptions Read(IConfiguration httpSection, out IReadOnlyList<string> errors)
    {
        ArgumentNullException.ThrowIfNull(httpSection);
        var options = new KplHttpOptions();
        errors = [.. ReadInto(options, httpSection), .. KplHttpOptionsValidator.Validate(options), .. ExposureRules.FindErrors(options)];
        return options;
    }

    /// <summary>
    /// Reads the options of an application of one's own, and returns every error. The settings of listeners and identities are errors there: they
    /// would have no effect.
    /// </summary>
    internal static IReadOnlyList<string> ReadForApplication(KplHttpOptions options, IConfigurationSection httpSection)
    {
        var foreign = httpSection.GetChildren().Select(static c => c.Key).Where(static k => OfHosts.Contains(k, StringComparer.OrdinalIgnoreCase));
        return
        [
            .. ReadInto(options, httpSection),
            .. foreign.Select(static k => $"Kpl:Http:{k} is for the tier's own hosts: an application sets it up by ASP.NET Core (Kestrel, authentication)"),
        ];
    }

    /// <summary>Sets what the section names, and returns what cannot be read.</summary>
    private static List<string> ReadInto(KplHttpOptions options, IConfiguration httpSection)
    {
        var errors = new List<string>();
        foreach (var child in httpSection.GetChildren())
        {
            if (!Settings.TryGetValue(child.Key, out var setting))
                errors.Add($"Kpl:Http:{child.Key} is not known; {Advice(child.Key)}");
            else if (TextOf(child, setting.Expected) is { } text ? !setting.Apply(options, text) : child.GetChildren().Any())
                errors.Add($"Kpl:Http:{child.Key} is '{child.Value}': it must be {setting.Expected}");
        }
        return errors;
    }

    private static string Advice(string key) =>
        NearestSetting.Advice(NearestSetting.FindAmong(key, Settings.Keys) is { } nearest ? $"{SectionName}:{nearest}" : null);

    /// <summary>Returns the value of a setting. A list may stand in a file as one, <c>"Streams": ["a", "b"]</c>.</summary>
    private static string? TextOf(IConfigurationSection setting, string expected) =>
        setting.Value is null && expected.StartsWith("names", StringComparison.Ordinal) && setting.GetChildren().ToList() is { Count: > 0 } items
            && items.TrueForAll(static i => i.Value is not null && int.TryParse(i.Key, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            ? string.Join(',', items.Select(static i => i.Value))
            : setting.Value;

    private static Apply List(Action<KplHttpOptions, IReadOnlyList<string>> set) => (options, text) =>
    {
        set(options, text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
        return true;
    };

    private static Apply Whole(Action<KplHttpOptions, int> set) => Number((options, value) => set(options, (int)Math.Clamp(value, int.MinValue, int.MaxValue)));

    private static Apply Text(Action<KplHttpOptions, string> set) => (options, text) =>
    {
        set(options, text.Trim());
        return true;
    };

    private static Apply Number(Action<KplHttpOptions, long> set) => (options, text) =>
    {
        var isNumber = long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var value);
        if (isNumber)
            set(options, value);
        return isNumber;
    };

    private static Apply Flag(Action<KplHttpOptions, bool> set) => (options, text) =>
    {
        var isFlag = bool.TryParse(text, out var value);
        if (isFlag)
            set(options, value);
        return isFlag;
    };

    private static Apply Duration(Action<KplHttpOptions, TimeSpan> set) => (options, text) =>
    {
        var isDuration = DurationText.TryParse(text, out var value);
        if (isDuration)
            set(options, value);
        return isDuration;
    };
}
