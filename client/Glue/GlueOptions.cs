using Orleans.Kpl.Glue.Setup;

namespace Orleans.Kpl.Glue;

/// <summary>The settings of a schema registry. Names and defaults are those of Glue's libraries, whose key stands with each.</summary>
public sealed class GlueOptions
{
    /// <summary>The registry (<c>registry.name</c>). Default <c>default-registry</c>.</summary>
    public string RegistryName { get; set; } = "default-registry";

    /// <summary>Glue's region (<c>region</c>). Default null: that of Kinesis.</summary>
    public string? Region { get; set; }

    /// <summary>Glue's address (<c>endpoint</c>). Default null: the region's own.</summary>
    public Uri? EndpointUrl { get; set; }

    /// <summary>A proxy (<c>proxyUrl</c>), <c>http</c> only, with user and password where it needs them. Default null: that of Kinesis.</summary>
    public Uri? ProxyUrl { get; set; }

    /// <summary>
    /// Returns the credentials for Glue, such as those of another account; can only be set in code. See <see cref="KinesisOptions.Credentials"/>. Default
    /// null: the credentials for Kinesis. For credentials of AWS's SDK there is <c>UseAwsCredentials</c> (KPL
    /// <c>GlueSchemaRegistryCredentialsProvider</c>).
    /// </summary>
    public Func<CancellationToken, ValueTask<KinesisCredentials>>? Credentials { get; set; }

    /// <summary>Whether data is compressed (<c>compression</c>). Default <see cref="GlueCompression.None"/>.</summary>
    public GlueCompression Compression { get; set; }

    /// <summary>Whether schemas and versions that the registry lacks are registered (<c>schemaAutoRegistrationEnabled</c>). Default false.</summary>
    public bool AutoRegistration { get; set; }

    /// <summary>
    /// The compatibility demanded of later versions of schemas that this library creates (<c>compatibility</c>). Default
    /// <see cref="GlueCompatibility.Backward"/>.
    /// </summary>
    public GlueCompatibility Compatibility { get; set; }

    /// <summary>The name for schemas without one (<c>schemaName</c>). Default null: the name of the stream, as in Glue's libraries.</summary>
    public string? SchemaName { get; set; }

    /// <summary>The description of schemas that this library creates (<c>description</c>). Default null: none. At most 2,048 characters.</summary>
    public string? Description { get; set; }

    /// <summary>Tags of schemas that this library creates (<c>tags</c>). At most 50.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; set; } = new Dictionary<string, string>();

    /// <summary>Metadata of versions that this library registers (<c>metadata</c>), beside <c>x-amz-meta-transport</c>, the stream. At most 9.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; set; } = new Dictionary<string, string>();

    /// <summary>
    /// How long a found version is used before the registry is asked again (<c>timeToLiveMillis</c>). Records do not wait for that: the known id is used
    /// until the answer arrives. Default 24 h; 1 s to 365 days.
    /// </summary>
    public TimeSpan CacheTimeToLive { get; set; } = TimeSpan.FromHours(24);

    /// <summary>How many schemas are cached (<c>cacheSize</c>); the one unused for longest is dropped first. Default 200; 1 to 100,000.</summary>
    public int CacheSize { get; set; } = 200;

    /// <summary>
    /// How long records, and readers, wait for a schema that is not known yet, with every call, back-off and check of Glue. Metadata of a version that was
    /// just registered may take up to 5 s more. Default 30 s; 1 s to 10 min.
    /// </summary>
    public TimeSpan MaxWait { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How many bytes of records may wait for schemas that are not known yet: data, and 160 for each record. Beyond, calls fail at once with
    /// <see cref="GlueErrorCodes.TooManyWaiting"/>. Default 64 MiB; 1 MiB to 16 GiB.
    /// </summary>
    public long MaxWaitingBytes { get; set; } = 64L << 20;

    /// <summary>
    /// Checks the data of each record before it is framed; returns what is wrong, or null. Default null: nothing is checked. KPL checks JSON alone; no
    /// validator comes with this package. It may be called on any thread.
    /// </summary>
    public Func<GlueSchema, ReadOnlyMemory<byte>, string?>? Validate { get; set; }

    /// <summary>Settings of a properties file that work, but probably not as intended.</summary>
    public IReadOnlyList<string> ReadingWarnings { get; internal set; } = [];

    /// <summary>
    /// Reads a properties file of Glue's libraries: that of KPL's <c>GlueSchemaRegistryPropertiesFilePath</c>, and the <c>config.properties</c> of AWS's
    /// C# library. Keys that are not known, or mean nothing here, are warnings (<see cref="ReadingWarnings"/>).
    /// </summary>
    /// <param name="text">The text, in the grammar of <c>java.util.Properties</c>.</param>
    /// <exception cref="KplOptionsException">Values are not allowed; the exception carries every error, with key, value and range.</exception>
    public static GlueOptions FromProperties(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return GlueSettings.Read(text, "Glue properties");
    }

    /// <summary>Reads a properties file of Glue's libraries; see <see cref="FromProperties"/>.</summary>
    /// <param name="path">The file, at most 1 MiB.</param>
    /// <exception cref="KplOptionsException">The file cannot be read, or values are not allowed.</exception>
    public static GlueOptions FromFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return GlueSettings.ReadFile(path);
    }

    /// <summary>Returns the settings of a producer's registry: those of its file, or the defaults without one.</summary>
    /// <exception cref="KplOptionsException">The file cannot be read, or values are not allowed.</exception>
    internal static GlueOptions For(KplOptions producer) =>
        producer.GlueSchemaRegistryPropertiesFilePath is { } path ? FromFile(path) : new GlueOptions();

    /// <summary>Returns a copy that later changes of this instance do not affect.</summary>
    internal GlueOptions Clone()
    {
        var copy = (GlueOptions)MemberwiseClone();
        (copy.Tags, copy.Metadata) = (new Dictionary<string, string>(Tags), new Dictionary<string, string>(Metadata));
        return copy;
    }
}

/// <summary>How Glue is reached: its own settings, and those of Kinesis where there are none.</summary>
internal static class GlueConnection
{
    public static KinesisOptions Settings(KinesisOptions kinesis, GlueOptions glue)
    {
        var settings = kinesis.Clone();
        settings.EndpointUrl = glue.EndpointUrl;
        settings.Region = glue.Region ?? settings.Region;
        if (glue.Credentials is { } own)
            (settings.Credentials, settings.AccessKeyId, settings.SecretAccessKey, settings.SessionToken) = (own, null, null, null);
        if (glue.ProxyUrl is not { } proxy)
            return settings;
        var login = proxy.UserInfo.Split(':', 2);
        (settings.ProxyHost, settings.ProxyPort) = (proxy.Host, proxy.Port);
        settings.ProxyUserName = login[0].Length == 0 ? null : Uri.UnescapeDataString(login[0]);
        settings.ProxyPassword = login.Length < 2 ? null : Uri.UnescapeDataString(login[1]);
        return settings;
    }
}
