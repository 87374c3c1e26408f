using System.Collections.Concurrent;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Cli.Settings;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Glue;

namespace Orleans.Kpl.Cli.Schemas;

/// <summary>Asks Glue which schemas are behind the ids in records, once for each; after a failure no more.</summary>
/// <param name="registry">Glue; null where there is none to ask.</param>
/// <param name="status">Hears of a failure.</param>
internal sealed class SchemaNames(GlueSchemaRegistry? registry, StatusLine status) : IDisposable
{
    private const string EndpointVariable = "AWS_ENDPOINT_URL_GLUE";

    // Beyond so many ids all are forgotten, and asked for again: data that merely looks as if it had the header brings an id with each record.
    private const int MostKept = 1_000;

    // Records wait for their names: without an answer in this time they go on without.
    private static readonly TimeSpan MostWait = TimeSpan.FromSeconds(6);

    private readonly ConcurrentDictionary<Guid, Task<GlueSchemaVersion?>> _asked = new();
    private int _isAway;

    /// <summary>The variable, with the text that help has for it.</summary>
    public static (string Name, string Use) Variable => (EndpointVariable, "The address of AWS Glue's schema registry, where it is not the region's own.");

    /// <summary>Makes the names for the settings of a verb. A Kinesis on this machine has no Glue beside it, unless the variable names one.</summary>
    /// <exception cref="KinesisSettingsException">The variable has no address.</exception>
    /// <exception cref="KplOptionsException">The settings are wrong.</exception>
    public static SchemaNames Create(CliHost host, KplOptions options, StatusLine status)
    {
        var named = CliSettings.FindNamed(host, AwsService.Glue, options);
        if (named is null && options.Kinesis.EndpointUrl is { IsLoopback: true } && options.GlueSchemaRegistryPropertiesFilePath is null)
            return new SchemaNames(null, status);
        var glue = options.GlueSchemaRegistryPropertiesFilePath is { } path ? GlueOptions.FromFile(path) : new GlueOptions();
        glue.EndpointUrl ??= named?.Url;
        glue.MaxWait = MostWait;
        return new SchemaNames(GlueSchemaRegistry.Create(options, glue, host.Time), status);
    }

    /// <summary>Returns what Glue tells about a version; null where it does not, or where the wait was stopped.</summary>
    public async ValueTask<GlueSchemaVersion?> FindAsync(Guid id, CancellationToken stop)
    {
        if (registry is null)
            return null;
        try
        {
            return await _asked.GetOrAdd(id, AskAsync).WaitAsync(stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    public void Dispose() => registry?.Dispose();

    private async Task<GlueSchemaVersion?> AskAsync(Guid id)
    {
        if (Volatile.Read(ref _isAway) != 0)
            return null;
        if (_asked.Count >= MostKept)
            _asked.Clear();
        try
        {
            return await registry!.GetVersionAsync(id).ConfigureAwait(false);
        }
        catch (GlueSchemaException error)
        {
            if (error.Code != "EntityNotFoundException" && Interlocked.Exchange(ref _isAway, 1) == 0)
                status.WriteLine($"kpl: schemas have no names here: {error.Message}", Tone.Warning);
            return null;
        }
    }
}
