using Microsoft.Extensions.Logging;
using Orleans.Kpl.LocalKinesis;
using Orleans.Kpl.LocalKinesis.Faults.Switchboard;

namespace Orleans.Kpl.Testing;

/// <summary>
/// A Kinesis endpoint in the test's own process, for integration tests of programs that put records. It has the service's limits, takes
/// faults on demand, and tells what was delivered.
/// </summary>
/// <remarks>
/// Any Kinesis client can use it: it speaks the service's protocol at <see cref="Url"/>, in region us-east-1, and accepts any credentials. It
/// keeps the newest 512 MiB of records, in memory. Tests may run side by side: each has an endpoint of its own, at a free port.
/// </remarks>
public sealed class LocalKinesis : IAsyncDisposable
{
    /// <summary>Between two looks at what was delivered, for which the endpoint has no signal.</summary>
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(5);

    private readonly LocalKinesisServer _server;
    private readonly SigningKey? _key;

    private LocalKinesis(LocalKinesisServer server, SigningKey? key) => (_server, _key) = (server, key);

    /// <summary>The address, with the port that was taken.</summary>
    public Uri Url => _server.Url;

    /// <summary>The endpoint from inside: its streams, reshards, and the Kinesis records that it applied.</summary>
    public KinesisEndpoint Endpoint => _server.Kinesis;

    /// <summary>Faults that a test switches on.</summary>
    public FaultSwitchboard Faults => _server.Kinesis.Faults;

    /// <summary>Starts an endpoint at a free port of 127.0.0.1, without streams; it answers when this completes.</summary>
    /// <param name="configure">Changes its settings, whose port is 0 for a free one; null to change nothing.</param>
    /// <param name="loggerFactory">The log; null for none.</param>
    /// <exception cref="ArgumentException">Settings are wrong; the message names all of them.</exception>
    /// <exception cref="IOException">A port is taken; the message says which.</exception>
    public static async Task<LocalKinesis> StartAsync(
        Action<LocalKinesisOptions>? configure = null, ILoggerFactory? loggerFactory = null, CancellationToken cancellationToken = default)
    {
        var options = new LocalKinesisOptions { Port = 0 };
        configure?.Invoke(options);
        return new LocalKinesis(await LocalKinesisServer.StartAsync(options, loggerFactory, cancellationToken).ConfigureAwait(false), options.CheckSignatures);
    }

    /// <summary>Creates a stream, which is ACTIVE when this completes.</summary>
    /// <param name="stream">Its name.</param>
    /// <param name="shards">How many shards it has; at least 1. Each takes 1,000 records and 1 MiB a second.</param>
    /// <exception cref="InvalidOperationException">The name is taken or invalid.</exception>
    public Task CreateStreamAsync(string stream, int shards = 1) => Endpoint.CreateStreamAsync(stream, shards);

    /// <summary>
    /// Points options at this endpoint, whatever they said before: address, region and keys, without roles or credentials of streams. Use it as
    /// <c>services.AddKpl(kinesis.Configure)</c>, after everything else that configures them.
    /// </summary>
    public void Configure(KplOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Kinesis = new KinesisOptions
        {
            EndpointUrl = Url,
            Region = "us-east-1",
            AccessKeyId = _key?.AccessKeyId ?? "local",
            SecretAccessKey = _key?.SecretAccessKey ?? "local",
            ConnectTimeout = options.Kinesis.ConnectTimeout,
        };
        // A role is assumed at AWS itself, wherever Kinesis is.
        SignAlike(options);
        foreach (var stream in options.ConfiguredStreams.ToList())
            options.ForStream(stream, SignAlike);
    }

    /// <summary>New options of a producer that sends to this endpoint; all else has its default.</summary>
    public KplOptions CreateOptions()
    {
        var options = new KplOptions();
        Configure(options);
        return options;
    }

    /// <summary>The user records that a stream has now: shard by shard, and in each shard in order.</summary>
    /// <remarks>Aggregates are taken apart as KCL does it: one with a member in a shard that is not its own is dropped whole.</remarks>
    /// <exception cref="InvalidOperationException">There is no such stream.</exception>
    public IReadOnlyList<DeliveredRecord> GetDelivered(string stream) => DeliveredRecords.Read(Endpoint, stream);

    /// <summary>Waits until a stream has at least <paramref name="count"/> user records.</summary>
    /// <returns>All user records that the stream has then.</returns>
    /// <exception cref="InvalidOperationException">There is no such stream.</exception>
    public async Task<IReadOnlyList<DeliveredRecord>> WaitForDeliveredAsync(string stream, int count, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var delivered = GetDelivered(stream);
            if (delivered.Count >= count)
                return delivered;
            await Task.Delay(Step, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Stops the endpoint; its streams are gone with it.</summary>
    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private static void SignAlike(StreamOptions options) =>
        (options.RoleArn, options.RoleExternalId, options.RoleSessionName, options.Credentials) = (null, null, null, null);
}
