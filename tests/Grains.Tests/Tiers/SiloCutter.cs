using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;
using Orleans.Configuration;

namespace Orleans.Kpl.Grains.Tests.Tiers;

/// <summary>
/// Ends a silo's connections, and lets it have no new ones. It tells nobody that it goes, as none does whose machine is lost: the others must find out.
/// A silo that a test cluster kills says first that it is dead.
/// </summary>
internal sealed class SiloCutter
{
    private readonly ConcurrentDictionary<ConnectionContext, string> _open = new();
    private volatile string? _cut;

    public void AddTo(ISiloBuilder silo) => silo.Configure<SiloConnectionOptions>(connections =>
    {
        connections.ConfigureSiloInboundConnection(Watch);
        connections.ConfigureSiloOutboundConnection(Watch);
        connections.ConfigureGatewayInboundConnection(Watch);
    });

    /// <param name="silo">Its name.</param>
    public void Cut(string silo)
    {
        _cut = silo;
        foreach (var (connection, owner) in _open)
            Refuse(connection, owner);
    }

    private void Watch(IConnectionBuilder builder) => builder.Use(next => async connection =>
    {
        var silo = builder.ApplicationServices.GetRequiredService<ILocalSiloDetails>().Name;
        // Written before it is looked at: whoever cuts meanwhile finds it there.
        _open[connection] = silo;
        Refuse(connection, silo);
        try
        {
            await next(connection);
        }
        finally
        {
            _open.TryRemove(connection, out _);
        }
    });

    private void Refuse(ConnectionContext connection, string silo)
    {
        if (silo == _cut)
            connection.Abort(new ConnectionAbortedException("The silo is cut off."));
    }
}
