using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Kpl.LocalKinesis.Faults.Switchboard;

namespace Orleans.Kpl.LocalKinesis.Front;

/// <summary>Kestrel and what it needs, without a host: nothing here listens to signals or writes to the console.</summary>
internal static class KestrelServices
{
    public static WebApplication Build(ILoggerFactory loggerFactory, Action<KestrelServerOptions> listen)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Services.Replace(ServiceDescriptor.Singleton(loggerFactory));
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>>(new LargeBlocks());
        builder.WebHost.UseKestrelCore().UseSockets(sockets => sockets.WaitForDataBeforeAllocatingBuffer = false)
            .UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
            {
                kestrel.AddServerHeader = false;
                // On the clear-text port HTTP/2 requests say http where the connection, as presented to Kestrel, says https.
                kestrel.AllowAlternateSchemes = true;
                kestrel.Limits.MaxRequestBodySize = null;
                kestrel.Limits.MinRequestBodyDataRate = null;
                kestrel.Limits.MinResponseDataRate = null;
                // A client may hold one connection with a subscription to each shard.
                kestrel.Limits.Http2.MaxStreamsPerConnection = 10_000;
                kestrel.Limits.Http2.InitialConnectionWindowSize = 8 << 20;
                kestrel.Limits.Http2.InitialStreamWindowSize = 4 << 20;
                listen(kestrel);
            });
        return builder.Build();
    }

    /// <summary>Closes every new connection during an outage.</summary>
    public static ListenOptions UseOutage(this ListenOptions listen, FaultSwitchboard faults)
    {
        listen.Use(next => connection =>
        {
            if (!faults.IsOutage) return next(connection);
            connection.Abort();
            return Task.CompletedTask;
        });
        return listen;
    }
}
