using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Orleans.Networking.Shared;

namespace Orleans.Kpl.Clustering.Sockets;

/// <summary>
/// TCP for silos of the tier and for its clients, in place of Orleans' own. Orleans' blocks have 4 KiB: a message of 64 KiB takes sixteen pairs of calls to
/// the system to read, and one more copy to send. A block here holds a whole message. A connection whose data stays unacknowledged is closed.
/// </summary>
internal sealed class SocketTransport(IOptions<SocketConnectionOptions> options, TimeProvider time) : IConnectionFactory, IConnectionListenerFactory
{
    /// <summary>
    /// How long data may stay unacknowledged before the connection is closed, and Orleans opens another. Linux itself retries for a quarter of an hour, at
    /// growing intervals: after the network was away, the next attempt may come as much later again.
    /// </summary>
    public TimeSpan UserTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary><c>TCP_USER_TIMEOUT</c> at level <c>IPPROTO_TCP</c>. Windows has none, and gives up after five attempts by itself.</summary>
    private const int TcpUserTimeout = 18;

    /// <summary>How many connections wait to be taken at most, as in Orleans.</summary>
    private const int Backlog = 512;

    /// <summary>
    /// Has a silo or a client take and make its connections through this. Orleans registers its own under a key for each kind of connection.
    /// </summary>
    public static void Use(IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<SocketTransport>();
        foreach (var kind in services.Where(static s => s.IsKeyedService && IsTransport(s.ServiceType)).ToList())
            services.Add(ServiceDescriptor.KeyedSingleton(kind.ServiceType, kind.ServiceKey, static (s, _) => s.GetRequiredService<SocketTransport>()));
    }

    public async ValueTask<ConnectionContext> ConnectAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var socket = NewSocket(endpoint);
        try
        {
            await socket.ConnectAsync(endpoint, cancellationToken).ConfigureAwait(false);
            return new SocketConnection(socket);
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new SocketConnectionException($"Unable to connect to {endpoint}. Error: {e.SocketErrorCode}");
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var socket = NewSocket(endpoint);
        try
        {
            if (endpoint is IPEndPoint { Address: var address } && address.Equals(IPAddress.IPv6Any))
                socket.DualMode = true;
            socket.Bind(endpoint);
            socket.Listen(Backlog);
            return ValueTask.FromResult<IConnectionListener>(new SocketListener(socket, Configure, time));
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            socket.Dispose();
            throw new AddressInUseException(e.Message, e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static bool IsTransport(Type type) => type == typeof(IConnectionFactory) || type == typeof(IConnectionListenerFactory);

    private Socket NewSocket(EndPoint endpoint)
    {
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { LingerState = new(true, 0) };
        Configure(socket);
        return socket;
    }

    private void Configure(Socket socket)
    {
        var settings = options.Value;
        socket.NoDelay = settings.NoDelay;
        if (OperatingSystem.IsLinux())
            socket.SetRawSocketOption((int)SocketOptionLevel.Tcp, TcpUserTimeout, BitConverter.GetBytes((int)UserTimeout.TotalMilliseconds));
        if (!settings.KeepAlive)
            return;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, settings.KeepAliveTimeSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, settings.KeepAliveIntervalSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, settings.KeepAliveRetryCount);
    }
}

/// <summary>A port of a silo.</summary>
internal sealed class SocketListener(Socket socket, Action<Socket> configure, TimeProvider time) : IConnectionListener
{
    /// <summary>How long it waits where no connection can be taken, as without room for a further socket.</summary>
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(100);

    public EndPoint EndPoint { get; } = socket.LocalEndPoint!;

    /// <summary>The next connection; null once the port is closed.</summary>
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            Socket? accepted = null;
            try
            {
                accepted = await socket.AcceptAsync(cancellationToken).ConfigureAwait(false);
                configure(accepted);
                return new SocketConnection(accepted);
            }
            catch (Exception e) when (e is ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted })
            {
                accepted?.Dispose();
                return null;
            }
            catch (SocketException e)
            {
                accepted?.Dispose();
                // Unless the other side ended it before it was taken, the next one may fail as well.
                if (e.SocketErrorCode is not (SocketError.ConnectionAborted or SocketError.ConnectionReset))
                    await Task.Delay(Breath, time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        socket.Dispose();
        return default;
    }

    public ValueTask DisposeAsync() => UnbindAsync();
}
