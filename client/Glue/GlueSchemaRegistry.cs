using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Glue;
using Orleans.Kpl.Glue.Registry;
using Orleans.Kpl.Glue.Setup;

namespace Orleans.Kpl.Glue;

/// <summary>
/// The schema registry of AWS Glue: finds or registers the versions of schemas, and puts their header in front of data, as KPL and Glue's Java libraries
/// do. Safe on any thread; one instance is enough for a process.
/// </summary>
/// <remarks>
/// Versions that were found are cached (<see cref="GlueOptions.CacheTimeToLive"/>). An unknown schema is looked up once, however many records need it; only
/// these wait for it.
/// </remarks>
public sealed class GlueSchemaRegistry : IDisposable
{
    private readonly GlueOptions _options;
    private readonly IDisposable? _connections;
    private readonly SchemaCache _cache;
    private readonly VersionTable _versions;

    internal GlueSchemaRegistry(GlueOptions options, ISchemaCalls calls, IDisposable? connections, TimeProvider time, Func<double> jitter)
    {
        (_options, _connections) = (options, connections);
        var finder = new VersionFinder(calls, options, time, jitter, text => Warned?.Invoke(text));
        _cache = new SchemaCache(finder.FindAsync, options, time);
        _versions = new VersionTable(calls, options, time, jitter, _cache.Closing);
    }

    /// <summary>Raised for a problem that cost no record, such as metadata of a version that Glue did not accept. A handler must not throw.</summary>
    public event Action<string>? Warned;

    /// <summary>The address of Glue that calls go to; null in tests without connections.</summary>
    internal Uri? Endpoint { get; private init; }

    /// <summary>Creates a registry. Nothing is sent before the first record.</summary>
    /// <param name="options">
    /// The settings of the producer. Region, credentials, proxy, certificates and <c>RequestTimeout</c> are those of Kinesis where
    /// <paramref name="glue"/> has none.
    /// </param>
    /// <param name="glue">
    /// The settings of the registry; null for those of the file that <see cref="KplOptions.GlueSchemaRegistryPropertiesFilePath"/> names, or the defaults
    /// if it names none.
    /// </param>
    /// <param name="timeProvider">The clock; null for the system's.</param>
    /// <exception cref="KplOptionsException">The settings are invalid; the exception carries every error.</exception>
    public static GlueSchemaRegistry Create(KplOptions options, GlueOptions? glue = null, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        var own = glue?.Clone() ?? GlueOptions.For(options);
        if (GlueSettings.Errors(own).ToList() is { Count: > 0 } errors)
            throw new KplOptionsException(errors);
        var time = timeProvider ?? TimeProvider.System;
        try
        {
            var client = SchemaClient.Create(GlueConnection.Settings(options.Kinesis, own), AwsEnvironment.Process, options.RequestTimeout, time);
            return new GlueSchemaRegistry(own, client, client, time, Random.Shared.NextDouble) { Endpoint = client.Location.Endpoint };
        }
        catch (KinesisSettingsException error)
        {
            throw new KplOptionsException([$"Glue: {error.Message}"]);
        }
    }

    /// <summary>
    /// Puts the header of a schema in front of data. Data that has the header of this version already stays as it is, so that a failed record can be put
    /// again.
    /// </summary>
    /// <param name="data">The data, serialized.</param>
    /// <param name="stream">The stream that the data goes to: name or ARN. A schema without a name has the stream's.</param>
    /// <param name="cancellationToken">Cancels the wait for the schema.</param>
    /// <returns>The framed data in new memory; <paramref name="data"/> itself if it was framed already.</returns>
    /// <exception cref="GlueSchemaException">No version of the schema could be found or registered; the message says what to do.</exception>
    /// <exception cref="RecordValidationException"><see cref="GlueOptions.Validate"/> refused the data.</exception>
    public async ValueTask<ReadOnlyMemory<byte>> EncodeAsync(
        GlueSchema schema, ReadOnlyMemory<byte> data, string stream, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(schema);
        StreamName.Check(stream);
        var version = await FindAsync(schema, stream, 1, data.Length, cancellationToken).ConfigureAwait(false);
        if (IsFramed(data, version))
            return data;
        if (FindFault(schema, data) is { } fault)
            throw new RecordValidationException(GlueErrorCodes.InvalidData, fault);
        return GlueFrame.Write(version, data.Span, _options.Compression);
    }

    /// <summary>
    /// Returns the schema version that a frame names, for consumers. Answers are cached; readers of one version that is not known share one look-up, which
    /// takes <see cref="GlueOptions.MaxWait"/> at most.
    /// </summary>
    /// <param name="versionId">The id in the frame.</param>
    /// <param name="cancellationToken">Cancels this wait, and not the look-up.</param>
    /// <exception cref="GlueSchemaException">Glue did not return it; the message says what to do.</exception>
    public ValueTask<GlueSchemaVersion> GetVersionAsync(Guid versionId, CancellationToken cancellationToken = default) =>
        _versions.GetAsync(versionId, cancellationToken);

    /// <summary>Reads the header that Glue's libraries put in front of data; see <see cref="GlueFrame.TryRead"/>.</summary>
    /// <param name="data">The data of a user record.</param>
    /// <param name="frame">The frame; the default value if there is none.</param>
    public static bool TryRead(ReadOnlyMemory<byte> data, out GlueFrame frame) => GlueFrame.TryRead(data, out frame);

    /// <summary>Cancels the calls under way, and closes the connections. Callers that wait get an <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose()
    {
        _cache.Dispose();
        _connections?.Dispose();
    }

    /// <summary>How data is compressed.</summary>
    internal GlueCompression Compression => _options.Compression;

    /// <summary>Finds the version for records that go to a stream.</summary>
    internal ValueTask<Guid> FindAsync(GlueSchema schema, string stream, int records, long bytes, CancellationToken cancellationToken)
    {
        var name = GlueNames.NameOfStream(stream);
        return _cache.GetAsync(new SchemaKey(schema, schema.Name ?? _options.SchemaName ?? name), name, records, bytes, cancellationToken);
    }

    /// <summary>The fault that the hook finds in data; null for none.</summary>
    internal string? FindFault(GlueSchema schema, ReadOnlyMemory<byte> data) =>
        _options.Validate?.Invoke(schema, data) is { } fault ? $"the data does not fit schema {schema}: {fault}" : null;

    /// <summary>Whether data has the header of a version already.</summary>
    internal static bool IsFramed(ReadOnlyMemory<byte> data, Guid version) => GlueFrame.TryRead(data, out var frame) && frame.VersionId == version;
}

/// <summary>A version of a schema, as Glue describes it.</summary>
public sealed record GlueSchemaVersion
{
    /// <summary>The id that frames carry.</summary>
    public required Guid Id { get; init; }

    /// <summary>The schema's name; null if Glue does not return it.</summary>
    public string? SchemaName { get; init; }

    /// <summary>The schema's ARN; null if Glue does not return it.</summary>
    public string? SchemaArn { get; init; }

    /// <summary>The format in Glue's words: AVRO, JSON, PROTOBUF.</summary>
    public string? DataFormat { get; init; }

    /// <summary>The definition.</summary>
    public string? Definition { get; init; }

    /// <summary>The number within the schema, from 1; null if Glue does not return it.</summary>
    public long? Number { get; init; }
}
