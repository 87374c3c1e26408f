using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Hosting;
using Orleans.Kpl.Http.Guarding;
using Orleans.Kpl.Logging;

namespace Orleans.Kpl.Http.Serving;

/// <summary>
/// How many connections of one listener may come from one address, and how many requests of it may be under way. Sockets cost a client nothing: one machine
/// alone could hold all that there may be, and whoever comes after it, a probe too, is sent away. A connection of HTTP/2 has a hundred requests, and each
/// holds memory while its answer is not read, a refusal too. Safe on any thread.
/// </summary>
/// <param name="most">How many connections of one address, and as many requests.</param>
/// <param name="proxies">Whose connections and requests are not counted by address.</param>
/// <param name="refused">Is told the address of each connection that is closed and of each request that is reset, and how many it may have.</param>
/// <param name="mostRequests">How many requests of all addresses that are counted may be under way.</param>
internal sealed partial class AddressLimit(int most, TrustedProxies proxies, Action<IPAddress, string, int> refused, int mostRequests = int.MaxValue)
{
    /// <summary>
    /// One of so many connections of an address may be of HTTP/2. Kestrel does not tell when a short answer was read. It holds 11 KiB for each, a hundred a
    /// connection, until its least pace of answers ends the connection.
    /// </summary>
    public const int Http2Part = 10;

    /// <summary>HTTP/2's code for a request that was not begun: clients send it again (RFC 9113, section 8.7).</summary>
    private const int RefusedStream = 7;

    private readonly Action<IPAddress, string, int> _refused = refused;
    private readonly Shares<IPAddress> _open = new(most);
    private readonly Shares<IPAddress> _http2 = new(Math.Max(1, most / Http2Part));
    private readonly Shares<IPAddress> _underWay = new(most, mostRequests);

    /// <summary>Limits the connections of a listener, before TLS: a handshake costs as much as many records.</summary>
    public static void Use(ListenOptions listener, int most, IServiceProvider services, int mostRequests = int.MaxValue)
    {
        var logger = services.GetRequiredService<ILogger<AddressLimit>>();
        var budget = new EventBudget(services.GetRequiredService<TimeProvider>(), count => LogLeftOut(logger, count));
        services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopped.Register(budget.Dispose);
        var limit = new AddressLimit(most, services.GetRequiredService<TrustedProxies>(), (address, what, has) =>
        {
            if (budget.TryTake())
                LogRefused(logger, what, address, has);
        }, mostRequests);
        listener.Use(limit.Before);
    }

    /// <summary>
    /// Counts a request while it is answered. It is the first step of the pipeline. A request that is refused gets no answer: that would hold memory too.
    /// </summary>
    public static Task CountAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Features.Get<Origin>() is not { } origin)
            return next(context);
        if (HttpProtocol.IsHttp2(context.Request.Protocol) && !origin.TryHttp2())
            context.Features.GetRequiredFeature<IConnectionLifetimeFeature>().Abort();
        else if (origin.TryBegin(context.Response))
            return next(context);
        else if (context.Features.Get<IHttpResetFeature>() is { } stream)
            stream.Reset(RefusedStream);
        else
            context.Abort();
        return Task.CompletedTask;
    }

    /// <summary>Counts a connection while it is served.</summary>
    public ConnectionDelegate Before(ConnectionDelegate next) => async connection =>
    {
        var address = (connection.RemoteEndPoint as IPEndPoint)?.Address;
        var origin = new Origin(this, address, proxies.Has(address) ? null : TrustedProxies.KeyOf(address!));
        if (!origin.TryOpen())
        {
            connection.Abort();
            return;
        }

        try
        {
            connection.Features.Set(origin);
            await next(connection);
        }
        finally
        {
            origin.Close();
        }
    };

    /// <summary>One connection, and what it has of its address' shares.</summary>
    /// <param name="one">The address that it counts for; null for none.</param>
    private sealed class Origin(AddressLimit limit, IPAddress? address, IPAddress? one)
    {
        private readonly Lock _lock = new();
        private bool? _isHttp2;

        public bool TryOpen() => one is null || limit._open.TryTake(one) || Refused("connection", limit._open);

        /// <summary>Notes that the connection is of HTTP/2. False where it may not be.</summary>
        public bool TryHttp2()
        {
            lock (_lock)
                return _isHttp2 ??= one is null || limit._http2.TryTake(one) || Refused("connection of HTTP/2", limit._http2);
        }

        public bool TryBegin(HttpResponse response)
        {
            if (one is null)
                return true;
            if (!limit._underWay.TryTake(one))
                return Refused("request", limit._underWay);
            response.OnCompleted(static o => ((Origin)o).EndAsync(), this);
            return true;
        }

        public void Close()
        {
            if (one is null)
                return;
            limit._open.Return(one);
            lock (_lock)
            {
                if (_isHttp2 == true)
                    limit._http2.Return(one);
                _isHttp2 = false;
            }
        }

        private Task EndAsync()
        {
            limit._underWay.Return(one);
            return Task.CompletedTask;
        }

        private bool Refused(string what, Shares<IPAddress> share)
        {
            limit._refused(address!, what, share.MostOfOne);
            return false;
        }
    }

    [LoggerMessage(220, LogLevel.Warning,
        "A {What} of {Address} was refused: it has {Most} (Kpl:Http:MaxConnectionsPerAddress), or all together as many as Kpl:Http:MaxConnections. "
        + "If many clients have that address, name it in Kpl:Http:TrustedProxies")]
    private static partial void LogRefused(ILogger logger, string what, IPAddress address, int most);

    [LoggerMessage(221, LogLevel.Warning, "{Count} more connections and requests of addresses that have too many were refused within a minute")]
    private static partial void LogLeftOut(ILogger logger, long count);
}
