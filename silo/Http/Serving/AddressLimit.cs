using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Hosting;
using Orleans.Kpl.Http.Guarding;
using Orleans.Kpl.Logging;

namespace Orleans.Kpl.Http.Serving;

/// <summary>
/// How many connections of one listener may come from one address. Sockets cost a client nothing: one machine alone could hold all that there may be, and
/// whoever comes after it, a probe too, is sent away. Safe on any thread.
/// </summary>
/// <param name="most">How many.</param>
/// <param name="proxies">Whose connections are not counted.</param>
/// <param name="refused">Is told the address of each connection that is closed.</param>
internal sealed partial class AddressLimit(int most, TrustedProxies proxies, Action<IPAddress> refused)
{
    private readonly Shares<IPAddress> _open = new(most);

    /// <summary>Limits the connections of a listener, before TLS: a handshake costs as much as many records.</summary>
    public static void Use(ListenOptions listener, int most, IServiceProvider services)
    {
        var logger = services.GetRequiredService<ILogger<AddressLimit>>();
        var budget = new EventBudget(services.GetRequiredService<TimeProvider>(), count => LogLeftOut(logger, count));
        services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopped.Register(budget.Dispose);
        var limit = new AddressLimit(most, services.GetRequiredService<TrustedProxies>(), address =>
        {
            if (budget.TryTake())
                LogRefused(logger, address, most);
        });
        listener.Use(limit.Before);
    }

    /// <summary>Counts a connection while it is served.</summary>
    public ConnectionDelegate Before(ConnectionDelegate next) => async connection =>
    {
        if (connection.RemoteEndPoint is not IPEndPoint { Address: var address } || proxies.Has(address))
        {
            await next(connection);
            return;
        }

        var one = TrustedProxies.KeyOf(address);
        if (!_open.TryTake(one))
        {
            refused(address);
            connection.Abort();
            return;
        }

        try
        {
            await next(connection);
        }
        finally
        {
            _open.Return(one);
        }
    };

    [LoggerMessage(220, LogLevel.Warning,
        "A connection of {Address} was closed: it has {Most} (Kpl:Http:MaxConnectionsPerAddress). If many clients have that address, name it in Kpl:Http:TrustedProxies")]
    private static partial void LogRefused(ILogger logger, IPAddress address, int most);

    [LoggerMessage(221, LogLevel.Warning, "{Count} more connections of addresses that have too many were closed within a minute")]
    private static partial void LogLeftOut(ILogger logger, long count);
}
