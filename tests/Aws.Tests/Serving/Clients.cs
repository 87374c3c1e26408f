using System.Net.Sockets;
using Orleans.Kpl.Aws.Bodies;
using Orleans.Kpl.Aws.Credentials;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Signing;
using Orleans.Kpl.Aws.Transport;

namespace Orleans.Kpl.Aws.Tests.Serving;

/// <summary>Clients whose parts a test replaces: the way to a host, or where credentials come from.</summary>
internal static class Clients
{
    /// <summary>A gateway to AWS's own names, whose connections a test makes itself.</summary>
    public static KinesisClient Connecting(
        Func<SocketsHttpConnectionContext, CancellationToken, ValueTask<Stream>> connect, Action<KinesisOptions>? configure = null, TimeProvider? time = null)
    {
        var options = new KinesisOptions { Region = "us-east-1", AccessKeyId = "id", SecretAccessKey = "secret",
            ConnectTimeout = Waiting.Long };
        configure?.Invoke(options);
        var location = KinesisLocation.Resolve(options, Gateways.NoEnvironment);
        options.VerifyCertificate = false; // what answers under AWS's names is the test's own, and the settings would not allow that
        var handler = KinesisHandler.Create(options, maxConnections: 16);
        handler.ConnectCallback = connect;
        var clock = time ?? TimeProvider.System;
        var credentials = CredentialSources.Create(options, location, Gateways.NoEnvironment, _ => handler, clock);
        return new KinesisClient(handler, location, credentials, options.UseArnHost, clock);
    }

    /// <summary>A gateway that signs with what an origin gives.</summary>
    public static KinesisClient SigningWith(ICredentialSource source, Uri endpoint, TimeProvider time)
    {
        var options = new KinesisOptions { EndpointUrl = endpoint, ConnectTimeout = Waiting.Long };
        var location = KinesisLocation.Resolve(options, Gateways.NoEnvironment);
        var credentials = new CredentialSources(source, "test", () => throw new InvalidOperationException("No role is assumed here."), time);
        return new KinesisClient(KinesisHandler.Create(options, 16), location, credentials, false, time);
    }

    /// <summary>A gateway whose bodies a hasher of the test hashes.</summary>
    public static KinesisClient HashingWith(BodyHasher hasher, Uri endpoint, string keyId, string secret)
    {
        var options = new KinesisOptions { EndpointUrl = endpoint, ConnectTimeout = Waiting.Long, AccessKeyId = keyId, SecretAccessKey = secret };
        var location = KinesisLocation.Resolve(options, Gateways.NoEnvironment);
        var handler = KinesisHandler.Create(options, 16);
        var credentials = CredentialSources.Create(options, location, Gateways.NoEnvironment, _ => handler, TimeProvider.System);
        return new KinesisClient(handler, location, credentials, false, TimeProvider.System, hasher);
    }

    public static async ValueTask<Stream> ConnectAsync(int port, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync("127.0.0.1", port, cancellationToken);
        return new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>An origin that gives these keys one after the other; the last ones stay.</summary>
    public sealed class KeysInTurn(TimeSpan freshFor, TimeSpan usableFor, params string[] ids) : ICredentialOrigin
    {
        private int _fetches;

        public int Fetches => Volatile.Read(ref _fetches);

        public List<bool> WereRefused { get; } = [];

        public string Description => "keys in turn";

        public Task<FetchedCredentials> FetchAsync(bool wereRefused, CancellationToken cancellationToken)
        {
            WereRefused.Add(wereRefused);
            var id = ids[Math.Min(Interlocked.Increment(ref _fetches), ids.Length) - 1];
            return Task.FromResult(new FetchedCredentials(new SigningCredentials(id, "secret", null), freshFor, usableFor));
        }
    }
}
