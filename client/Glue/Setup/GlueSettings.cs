using Orleans.Kpl.Settings;

namespace Orleans.Kpl.Glue.Setup;

/// <summary>
/// The settings of a registry, with their keys in a properties file of Glue's libraries (aws-glue-schema-registry, <c>AWSSchemaRegistryConstants</c>).
/// Every bad value is an error; what has no meaning here, and what nobody knows, is a warning.
/// </summary>
internal static class GlueSettings
{
    private const int LongestDescription = 2_048;
    private const int MostTags = 50;

    /// <summary>Glue keeps ten metadata keys of a version, and the stream is one (AWS Glue API, PutSchemaVersionMetadata).</summary>
    private const int MostMetadata = 9;

    private const string OwnSerializer = "the program serializes, and reads, its data itself";
    private const string OfReplication = "it is for the replication of registries";

    /// <summary>The naming that the libraries have by default: the name of the transport, which is the stream.</summary>
    private const string DefaultNaming = "AWSSchemaNamingStrategyDefaultImpl";

    private static readonly Text Name = new(GlueSchema.NameRule, GlueSchema.IsName);

    private static readonly SettingTable<GlueOptions> All = new("GlueOptions.")
    {
        { "RegistryName", "", Name, static o => o.RegistryName, static (o, v) => o.RegistryName = v ?? "", "registry.name" },
        { "SchemaName", "", Name, static o => o.SchemaName, static (o, v) => o.SchemaName = v, "schemaName" },
        { "Region", "", Text.Region, static o => o.Region, static (o, v) => o.Region = v, "region" },
        { "EndpointUrl", "", new Url(isSecret: true), static o => o.EndpointUrl, static (o, v) => o.EndpointUrl = v, "endpoint" },
        { "ProxyUrl", "", new Url(isSecret: true, isProxy: true), static o => o.ProxyUrl, static (o, v) => o.ProxyUrl = v, "proxyUrl" },
        { "Compression", "", Choice.Of<GlueCompression>(static c => c.ToString().ToUpperInvariant()),
            static o => o.Compression, static (o, v) => o.Compression = v, "compression" },
        { "AutoRegistration", "", Choice.Switch,
            static o => o.AutoRegistration, static (o, v) => o.AutoRegistration = v, "schemaAutoRegistrationEnabled" },
        { "Compatibility", "", Choice.Of<GlueCompatibility>(GlueNames.Of),
            static o => o.Compatibility, static (o, v) => o.Compatibility = v, "compatibility" },
        { "Description", "", new Prose(LongestDescription), static o => o.Description, static (o, v) => o.Description = v, "description" },
        { "Tags", "", new Pairs(MostTags), static o => o.Tags, static (o, v) => o.Tags = v, "tags" },
        { "Metadata", "", new Pairs(MostMetadata), static o => o.Metadata, static (o, v) => o.Metadata = v, "metadata" },
        { "CacheTimeToLive", "", new Duration(TimeSpan.FromSeconds(1), TimeSpan.FromDays(365)),
            static o => o.CacheTimeToLive, static (o, v) => o.CacheTimeToLive = v, "timeToLiveMillis" },
        { "CacheSize", "", new WholeNumber(1, 100_000, unit: "schemas"),
            static o => o.CacheSize, static (o, v) => o.CacheSize = (int)v, "cacheSize" },
        { "MaxWait", "", new Duration(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10)),
            static o => o.MaxWait, static (o, v) => o.MaxWait = v },
        { "MaxWaitingBytes", "", new WholeNumber(1L << 20, 16L << 30, unit: "bytes"),
            static o => o.MaxWaitingBytes, static (o, v) => o.MaxWaitingBytes = v },
    };

    /// <summary>Their keys, which Java tells apart by upper and lower case.</summary>
    private static readonly Dictionary<string, Setting<GlueOptions>> Keys = All.Where(static s => s.Alias.Length > 0).ToDictionary(static s => s.Alias);

    private static readonly Dictionary<string, string> WithoutEffect = new()
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

    /// <summary>Returns every error of settings, whoever has set them.</summary>
    public static IEnumerable<string> Errors(GlueOptions options) => All.Errors(options);

    /// <summary>Reads the file that KPL's setting <c>GlueSchemaRegistryPropertiesFilePath</c> names.</summary>
    /// <exception cref="KplOptionsException">The file cannot be read, or values are not allowed.</exception>
    public static GlueOptions ReadFile(string path)
    {
        var source = $"Kpl:{nameof(KplOptions.GlueSchemaRegistryPropertiesFilePath)} {SettingNames.Quote(path)}";
        return JavaProperties.TryReadFile(path, out var text, out var error) ? Read(text, source) : throw new KplOptionsException([$"{source}: {error}"]);
    }

    /// <param name="source">What messages call the text.</param>
    /// <exception cref="KplOptionsException">Values are not allowed; the exception carries every error.</exception>
    public static GlueOptions Read(string text, string source)
    {
        var (options, errors, warnings, malformed) = (new GlueOptions(), new List<string>(), new List<string>(), new List<string>());
        foreach (var (_, key, untrimmed) in JavaProperties.Read(text, malformed))
        {
            var value = untrimmed.Trim();
            if (!Keys.TryGetValue(key, out var setting))
            {
                if (FindWarning(key, value) is { } warning)
                    warnings.Add($"{source}: {warning}");
            }
            else if (setting.IsNumber && !KplPropertyReader.IsWhole(value))
                errors.Add($"{source}: {setting.Refuse(key, value, $"expected is a whole number: {setting.Range}")}");
            else if (setting.Read(value) is { Apply: { } apply })
                apply(options);
            else
                errors.Add($"{source}: {setting.Refuse(key, value, setting.Read(value).Error!)}");
        }

        errors.AddRange(malformed.Select(e => $"{source}: {e}"));
        if (errors.Count == 0)
            errors.AddRange(Errors(options).Select(e => $"{source}: {e}"));
        if (errors.Count > 0)
            throw new KplOptionsException(errors);
        options.ReadingWarnings = warnings;
        return options;
    }

    private static string? FindWarning(string key, string text)
    {
        if (!WithoutEffect.TryGetValue(key, out var reason))
        {
            var nearest = NearestSetting.FindAmong(key, Keys.Keys);
            return $"{SettingNames.Quote(key)} is no key of Glue's libraries and has no effect" + (nearest is null ? "" : $"; the nearest is {nearest}");
        }

        var isDefault = text.Length == 0 || (key == "schemaNameGenerationClass" && text.EndsWith(DefaultNaming, StringComparison.Ordinal));
        return isDefault ? null : $"{key} is accepted and has no effect: {reason}";
    }

    /// <summary>Text for people, of several lines if need be.</summary>
    private sealed class Prose(int longest) : SettingValue<string?>
    {
        public override string Expected => "text";

        public override string Range => $"at most {longest} characters";

        public override bool TryParse(string text, out string? value)
        {
            value = text;
            return true;
        }

        public override string Format(string? value) => value ?? "";

        public override bool IsAllowed(string? value) => value is null || value.Length <= longest;
    }

    /// <summary><c>env=test,team=orders</c>. Java takes tags from code alone; its files cannot have them.</summary>
    private sealed class Pairs(int most) : SettingValue<IReadOnlyDictionary<string, string>>
    {
        public override string Expected => "KEY=VALUE,KEY=VALUE";

        public override string Range => $"at most {most}";

        public override bool TryParse(string text, out IReadOnlyDictionary<string, string> value)
        {
            var isRead = MetricsDimensions.TryParse(text, out var pairs) && pairs.All(static p => p.Key.Length > 0);
            value = isRead ? pairs.GroupBy(static p => p.Key).ToDictionary(static g => g.Key, static g => g.Last().Value) : new Dictionary<string, string>();
            return isRead;
        }

        public override string Format(IReadOnlyDictionary<string, string> value) => string.Join(',', (value ?? Empty).Select(static p => $"{p.Key}={p.Value}"));

        public override bool IsAllowed(IReadOnlyDictionary<string, string> value) => value is not null && value.Count <= most;

        private static Dictionary<string, string> Empty { get; } = [];
    }
}
