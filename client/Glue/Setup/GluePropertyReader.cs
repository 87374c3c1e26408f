using System.Globalization;
using Orleans.Kpl.Settings;

namespace Orleans.Kpl.Glue.Setup;

/// <summary>
/// Reads the keys of Glue's libraries (aws-glue-schema-registry, <c>AWSSchemaRegistryConstants</c>). Every bad value is an error; what has no meaning
/// here, and what nobody knows, is a warning.
/// </summary>
/// <param name="source">What messages call the file.</param>
internal sealed class GluePropertyReader(string source)
{
    private const string OwnSerializer = "the program serializes, and reads, its data itself";
    private const string OfReplication = "it is for the replication of registries";

    /// <summary>The naming that the libraries have by default: the name of the transport, which is the stream.</summary>
    private const string DefaultNaming = "AWSSchemaNamingStrategyDefaultImpl";

    private static readonly Dictionary<string, string> WithoutEffect = new(StringComparer.Ordinal)
    {
        ["dataFormat"] = "each GlueSchema has its own",
        ["schemaNameGenerationClass"] = "no code of Java runs here: a schema has the name that GlueSchema or schemaName gives, or the stream's",
        ["avroRecordType"] = OwnSerializer,
        ["protobufMessageType"] = OwnSerializer,
        ["secondaryDeserializer"] = OwnSerializer,
        ["jacksonSerializationFeatures"] = OwnSerializer,
        ["jacksonDeserializationFeatures"] = OwnSerializer,
        ["registerJavaTimeModule"] = OwnSerializer,
        ["objectMapperFactory"] = OwnSerializer,
        ["userAgentApp"] = "calls name this library",
        ["x-amz-meta-transport"] = "it is the stream of the record that a version is registered with",
        ["sourceRegion"] = OfReplication,
        ["sourceEndpoint"] = OfReplication,
        ["targetRegion"] = OfReplication,
        ["targetEndpoint"] = OfReplication,
    };

    private static readonly string[] Known =
    [
        "region", "endpoint", "proxyUrl", "registry.name", "compression", "schemaAutoRegistrationEnabled", "compatibility", "timeToLiveMillis", "cacheSize",
        "schemaName", "description", "tags", "metadata",
    ];

    private readonly List<string> _errors = [];
    private readonly List<string> _warnings = [];

    /// <exception cref="KplOptionsException">Values are not allowed; the exception carries every error.</exception>
    public GlueOptions Read(string text)
    {
        var options = new GlueOptions();
        var malformed = new List<string>();
        foreach (var pair in JavaProperties.Read(text, malformed))
            Take(options, pair.Key, pair.Value.Trim());
        _errors.AddRange(malformed.Select(e => $"{source}: {e}"));
        if (_errors.Count == 0)
            _errors.AddRange(GlueOptionsCheck.Errors(options).Select(e => $"{source}: {e}"));
        if (_errors.Count > 0)
            throw new KplOptionsException(_errors);
        options.ReadingWarnings = _warnings;
        return options;
    }

    private void Take(GlueOptions options, string key, string text)
    {
        switch (key)
        {
            case "region":
                options.Region = text.Length == 0 ? null : text;
                break;
            case "endpoint":
                options.EndpointUrl = Address(key, text);
                break;
            case "proxyUrl":
                options.ProxyUrl = Address(key, text);
                break;
            case "registry.name":
                options.RegistryName = text;
                break;
            case "compression":
                options.Compression = Named<GlueCompression>(key, text, static c => c == GlueCompression.None ? "NONE" : "ZLIB");
                break;
            case "schemaAutoRegistrationEnabled":
                options.AutoRegistration = bool.TryParse(text, out var isOn) ? isOn : Bad(key, text, "expected is true or false", false);
                break;
            case "compatibility":
                options.Compatibility = Named<GlueCompatibility>(key, text, GlueNames.Of);
                break;
            case "timeToLiveMillis":
                options.CacheTimeToLive = TimeSpan.FromMilliseconds(Number(key, text, 1_000, 31_536_000_000));
                break;
            case "cacheSize":
                options.CacheSize = (int)Number(key, text, 1, 100_000);
                break;
            case "schemaName":
                options.SchemaName = text.Length == 0 ? null : text;
                break;
            case "description":
                options.Description = text;
                break;
            case "tags":
                options.Tags = Pairs(key, text);
                break;
            case "metadata":
                options.Metadata = Pairs(key, text);
                break;
            default:
                TakeWithoutEffect(key, text);
                break;
        }
    }

    private void TakeWithoutEffect(string key, string text)
    {
        if (WithoutEffect.TryGetValue(key, out var reason))
        {
            if (text.Length > 0 && !(key == "schemaNameGenerationClass" && text.EndsWith(DefaultNaming, StringComparison.Ordinal)))
                _warnings.Add($"{source}: {key} is accepted and has no effect: {reason}");
            return;
        }

        var nearest = NearestSetting.FindAmong(key, Known);
        _warnings.Add($"{source}: {SettingNames.Quote(key)} is no key of Glue's libraries and has no effect"
            + (nearest is null ? "" : $"; the nearest is {nearest}"));
    }

    private T Bad<T>(string key, string text, string rule, T instead)
    {
        _errors.Add($"{source}: {key} is {SettingNames.Quote(text)}: {rule}");
        return instead;
    }

    /// <summary>An address may carry a password, so that its text is not told.</summary>
    private Uri? Address(string key, string text)
    {
        if (text.Length == 0)
            return null;
        if (Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https")
            return address;
        _errors.Add($"{source}: {key} has a value that is not allowed: expected is an http or https address");
        return null;
    }

    private TValue Named<TValue>(string key, string text, Func<TValue, string> nameOf)
        where TValue : struct, Enum =>
        GlueNames.Parse(text, nameOf)
        ?? Bad(key, text, $"expected is one of: {string.Join(", ", Enum.GetValues<TValue>().Select(nameOf))}", default(TValue));

    private long Number(string key, string text, long min, long max) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max
            ? number
            : Bad(key, text, $"expected is a whole number: {min} to {max}", min);

    /// <summary>Reads <c>env=test,team=orders</c>. Java takes tags from code alone; its files cannot have them.</summary>
    private Dictionary<string, string> Pairs(string key, string text)
    {
        var pairs = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var at = part.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0)
                return Bad(key, text, "expected is KEY=VALUE,KEY=VALUE", pairs);
            pairs[part[..at].Trim()] = part[(at + 1)..].Trim();
        }

        return pairs;
    }
}
