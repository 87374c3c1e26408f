namespace Orleans.Kpl;

/// <summary>
/// The settings of a producer: section <c>Kpl</c>. The settings inherited from <see cref="StreamOptions"/> are the defaults of every
/// stream; <see cref="ForStream"/> (section <c>Kpl:Streams:NAME</c>) changes them for one.
/// </summary>
public sealed class KplOptions : StreamOptions
{
    private Dictionary<string, Action<StreamOptions>> _streams = new(StringComparer.Ordinal);

    /// <summary>What the changes came to when the snapshot was made: what runs again may make other credentials, which compare as others.</summary>
    private Dictionary<string, StreamOptions> _settled = [];

    /// <summary>How Kinesis is reached: section <c>Kpl:Kinesis</c>.</summary>
    public KinesisOptions Kinesis
    {
        get;
        set => field = value ?? throw new ArgumentNullException(nameof(value));
    } = new();

    /// <summary>The place of the durable backlog, and how it is written: section <c>Kpl:Backlog</c>.</summary>
    public BacklogOptions Backlog
    {
        get;
        set => field = value ?? throw new ArgumentNullException(nameof(value));
    } = new();

    /// <summary>The metrics that are kept, and where they go: settings <c>Kpl:Metrics*</c> and section <c>Kpl:Metrics</c>.</summary>
    public MetricsOptions Metrics
    {
        get;
        set => field = value ?? throw new ArgumentNullException(nameof(value));
    } = new();

    /// <summary>The telemetry that silos and the local tier send by OTLP: section <c>Kpl:Otlp</c>.</summary>
    public OtlpOptions Otlp
    {
        get;
        set => field = value ?? throw new ArgumentNullException(nameof(value));
    } = new();

    /// <summary>
    /// How long disposing waits for records to end. Remaining records then go to the backlog, or fail with code <c>Shutdown</c>. Default 30 s; 0 to 1 h.
    /// </summary>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a silo or a local tier may take to stop in all, once it accepts no more records: shards move, records end within
    /// <see cref="DrainTimeout"/>, and the cluster is left. Not shorter than <see cref="DrainTimeout"/>. An embedded producer ignores it. Default 90 s; 1 s
    /// to 1 h.
    /// </summary>
    public TimeSpan StopTimeout { get; set; } = TimeSpan.FromSeconds(90);

    /// <summary>
    /// Whether a host makes the check of <c>KplProducer.CheckAsync</c> when it starts. <c>KplProducer.Create</c> never does. Default
    /// <see cref="StartCheck.Log"/>.
    /// </summary>
    public StartCheck CheckAtStart { get; set; } = StartCheck.Log;

    /// <summary>Whether the log shows keys of failed records in clear text, instead of a hash. Default false.</summary>
    public bool LogKeys { get; set; }

    /// <summary>
    /// Whether an embedded producer carries out scaling policies. Only one process may have this on, because nothing prevents two
    /// processes from scaling a stream at once. A tier does not need it. Default false.
    /// </summary>
    public bool ScalingPolicyAllowed { get; set; }

    /// <summary>
    /// A properties file of AWS Glue's schema registry, KPL's setting of that name. Package <c>Orleans.Kpl.Glue</c> reads it when a registry is made;
    /// records get a header only where they are put with a schema. Default null: none.
    /// </summary>
    public string? GlueSchemaRegistryPropertiesFilePath { get; set; }

    /// <summary>KPL's spelling of the host in <see cref="KinesisOptions.EndpointUrl"/>, which has it once all settings are read.</summary>
    internal string? KinesisEndpoint { get; set; }

    /// <summary>The port beside <see cref="KinesisEndpoint"/>.</summary>
    internal int KinesisPort { get; set; } = 443;

    /// <summary>The file of KPL's own settings that the settings named; null for none.</summary>
    internal string? PropertiesFile { get; set; }

    /// <summary>Warnings about settings that were read: they work, but probably not as intended. The producer logs them when it is created.</summary>
    internal IReadOnlyList<string> ReadingWarnings { get; set; } = [];

    /// <summary>
    /// Reads the settings of a properties file of KPL (<c>KinesisProducerConfiguration.fromPropertiesFile</c>): all keys of KPL 1.0.7, and the names that
    /// older versions had. Settings that the text leaves out have KPL's own default where this library's differs: <see cref="StreamOptions.RateLimit"/>
    /// 150, <see cref="StreamOptions.MaxUserRecordSize"/> 1 MiB, metrics by shard. Metrics go to sink <c>CloudWatch</c> (package
    /// <c>Orleans.Kpl.Metrics</c>) unless the text says <c>MetricsLevel=none</c>. Unknown keys are logged by the producer and have no effect, as in KPL.
    /// </summary>
    /// <param name="text">The text of the file, in the grammar of <c>java.util.Properties</c>. Java reads such files as ISO 8859-1.</param>
    /// <exception cref="KplOptionsException">Values are not allowed; the exception carries every error, with key, value and range.</exception>
    public static KplOptions FromProperties(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var report = KplSettings.ReadProperties(text);
        var options = report.GetOptionsOrThrow();
        options.ReadingWarnings = report.Warnings;
        return options;
    }

    /// <summary>The streams that have settings of their own.</summary>
    public IReadOnlyCollection<string> ConfiguredStreams => _streams.Keys;

    /// <summary>Changes the settings of one stream; several changes are applied in order.</summary>
    /// <param name="stream">
    /// The stream's name; its ARN if it is of another account or region, or with <see cref="KinesisOptions.UseArnHost"/>. A stream of the producer's own
    /// account and region goes by its name, even if it is put to by its ARN.
    /// </param>
    /// <param name="configure">Changes the settings; it may run more than once.</param>
    public KplOptions ForStream(string stream, Action<StreamOptions> configure)
    {
        ArgumentException.ThrowIfNullOrEmpty(stream);
        ArgumentNullException.ThrowIfNull(configure);
        _streams[stream] = _streams.TryGetValue(stream, out var earlier) ? earlier + configure : configure;
        _settled.Remove(stream);
        return this;
    }

    /// <summary>Returns a copy of the settings in force for one stream.</summary>
    public StreamOptions GetStream(string stream)
    {
        if (_settled.TryGetValue(stream, out var settled))
            return settled.Copy();
        var options = Copy();
        if (_streams.TryGetValue(stream, out var configure))
            configure(options);
        return options;
    }

    /// <summary>Returns an independent copy of these options, with their sections and the changes for single streams.</summary>
    public override KplOptions Clone()
    {
        var copy = (KplOptions)Copy();
        copy._streams = new(_streams, StringComparer.Ordinal);
        copy._settled = new(_settled, StringComparer.Ordinal);
        copy.Kinesis = Kinesis.Clone();
        copy.Backlog = Backlog.Clone();
        copy.Metrics = Metrics.Clone();
        copy.Otlp = Otlp.Clone();
        return copy;
    }

    /// <summary>Returns a copy that later changes of this instance do not affect. Changes of single streams have run once, here.</summary>
    internal KplOptions Snapshot()
    {
        var copy = Clone();
        copy._settled = ConfiguredStreams.ToDictionary(static s => s, GetStream, StringComparer.Ordinal);
        return copy;
    }
}
