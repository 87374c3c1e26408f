using System.Buffers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Abstractions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Kpl.LocalKinesis.Faults.Switchboard;

namespace Orleans.Kpl.LocalKinesis.Front;

/// <summary>Kestrel and what it needs, without a host: nothing here listens to signals or writes to the console.</summary>
internal static class KestrelServices
{
    /// <summary>A client sends at once. Who connects and says nothing is closed during an outage.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromMilliseconds(200);

    /// <summary>A method and the first two characters of the path are not longer.</summary>
    private const int LongestBegin = 10;

    public static WebApplication Build(ILoggerFactory loggerFactory, Action<KestrelServerOptions> listen)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Services.Replace(ServiceDescriptor.Singleton(loggerFactory));
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

    /// <summary>Closes every new connection during an outage, but those in clear text that begin with a control page: who caused it can end it.</summary>
    public static ListenOptions UseOutage(this ListenOptions listen, FaultSwitchboard faults)
    {
        listen.Use(next => async connection =>
        {
            if (!faults.IsOutage || await AsksForAPageAsync(connection))
                await next(connection);
            else
                connection.Abort();
        });
        return listen;
    }

    private static async ValueTask<bool> AsksForAPageAsync(ConnectionContext connection)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(connection.ConnectionClosed);
        patience.CancelAfter(Silence);
        return await ConnectionPeek.BeginsAsync(connection.Transport.Input, AsksForAPage, patience.Token);
    }

    /// <summary>Whether the first line asks for a path that begins with <c>/_</c>; null while it may still become such a line.</summary>
    private static bool? AsksForAPage(ReadOnlySequence<byte> buffer)
    {
        var begin = buffer.Slice(0, Math.Min(buffer.Length, LongestBegin)).ToArray();
        var path = Array.IndexOf(begin, (byte)' ') + 1;
        return path > 0 && begin.Length >= path + 2 ? begin.AsSpan(path).StartsWith("/_"u8) : begin.Length < LongestBegin ? null : false;
    }
}

/// <summary>Hands every request from Kestrel to one handler, with one context object for each connection's life.</summary>
internal sealed class KestrelApplication(RequestDelegate handler) : IHttpApplication<DefaultHttpContext>
{
    public DefaultHttpContext CreateContext(IFeatureCollection contextFeatures)
    {
        if (contextFeatures is not IHostContextContainer<DefaultHttpContext> container) return new(contextFeatures);
        if (container.HostContext is null) return container.HostContext = new(contextFeatures);
        container.HostContext.Initialize(contextFeatures);
        return container.HostContext;
    }

    public Task ProcessRequestAsync(DefaultHttpContext context) => handler(context);

    public void DisposeContext(DefaultHttpContext context, Exception? exception) => context.Uninitialize();
}
