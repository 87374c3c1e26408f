using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Aws;
using Orleans.Kpl.Aws.Credentials;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Transport;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Producer.Setup;

namespace Orleans.Kpl.Producer.Tests.Sockets;

/// <summary>A producer for a host name whose address a test sets, as DNS would.</summary>
internal sealed class MovedHost : IAsyncDisposable
{
    private const string Host = "kinesis.test";

    private readonly Lock _lock = new();
    private readonly Dictionary<int, int> _open = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile int _port;

    public MovedHost(Uri address, Action<KplOptions> configure, Action<SocketsHttpHandler> connections)
    {
        _port = address.Port;
        var options = new KplOptions { Kinesis = { EndpointUrl = new Uri($"http://{Host}"), Region = "us-east-1", AccessKeyId = "a", SecretAccessKey = "b" } };
        configure(options);
        var handler = KinesisHandler.Create(options.Kinesis, maxConnections: 64);
        handler.ConnectCallback = ConnectAsync;
        connections(handler);
        var time = TimeProvider.System;
        var location = KinesisLocation.Resolve(options.Kinesis, AwsEnvironment.Process);
        var credentials = CredentialSources.Create(options.Kinesis, location, AwsEnvironment.Process, _ => handler, time);
        var gateway = new KinesisClient(handler, location, credentials, useArnHost: false, time);
        var log = new PipelineLog(NullLogger.Instance, time, logKeys: false);
        Producer = new KplProducer(new ProducerParts(
            new ProducerPipeline(options, gateway, log, time, new Random(1)), options, gateway, time, log, NullLogger.Instance));
    }

    public KplProducer Producer { get; }

    /// <summary>From now on new connections go there.</summary>
    public void MoveTo(Uri address) => _port = address.Port;

    /// <summary>Whether there ever was a connection to an address: one that is idle may be closed again before a test looks.</summary>
    public bool WasOpenTo(Uri address)
    {
        lock (_lock)
            return _open.ContainsKey(address.Port);
    }

    /// <summary>Completes when the last connection to an address has been closed.</summary>
    public async Task ClosedToAsync(Uri address)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (_open.GetValueOrDefault(address.Port) == 0)
                    return;
                changed = _changed.Task;
            }

            await changed;
        }
    }

    public ValueTask DisposeAsync() => Producer.DisposeAsync();

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        Assert.Equal(Host, context.DnsEndPoint.Host);
        var port = _port;
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), cancellationToken);
        Count(port, 1);
        return new Connection(socket, () => Count(port, -1));
    }

    private void Count(int port, int change)
    {
        lock (_lock)
        {
            _open[port] = _open.GetValueOrDefault(port) + change;
            _changed.SetResult();
            _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    private sealed class Connection(Socket socket, Action closed) : NetworkStream(socket, ownsSocket: true)
    {
        private int _closed;

        protected override void Dispose(bool disposing)
        {
            if (Interlocked.Exchange(ref _closed, 1) == 0)
                closed();
            base.Dispose(disposing);
        }
    }
}
