using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Certificates;
using Orleans.Kpl.Clustering.Tls;

namespace Orleans.Kpl.Client.Setup;

/// <summary>Mutual TLS to the gateways of a tier.</summary>
internal static class ClientTls
{
    /// <exception cref="KplOptionsException">A file cannot be used; the exception carries every error.</exception>
    public static void Use(IClientBuilder client, TlsFiles files, KplClusterOptions options)
    {
        if (ClusterFiles.FindErrors(options, TimeProvider.System) is { Count: > 0 } errors)
            throw new KplOptionsException(errors);
        ClusterTls.AddStore(client.Services, files);
        client.Configure<ClientConnectionOptions>(static connections => connections.ConfigureConnection(static c => ClusterTls.Use(c, TlsSide.Caller)));
        if (options.AdminKeyFile is { } keys)
            UseKeys(client, options, keys);
    }

    /// <summary>Has the client sign what it asks of the managers of streams.</summary>
    private static void UseKeys(IClientBuilder client, KplClusterOptions options, string file) => client.Services.AddSingleton<IOutgoingGrainCallFilter>(s =>
    {
        var time = s.GetService<TimeProvider>() ?? TimeProvider.System;
        var log = new ClusterTlsLog(GuardedLogger.Of(s.GetRequiredService<ILoggerFactory>()));
        return new AdminCalls(AdminKeys.Open(file, time, log.Refused), options.Id, time);
    });
}

/// <summary>Puts a token into a client's calls to the managers of streams.</summary>
internal sealed class AdminCalls(AdminKeys keys, string cluster, TimeProvider time) : IOutgoingGrainCallFilter
{
    public Task Invoke(IOutgoingGrainCallContext context) =>
        context.Request.GetInterfaceType() == typeof(IStreamManager) ? SignAsync(context) : context.Invoke();

    /// <remarks>What an async method sets there ends with it: no later call carries the token.</remarks>
    private async Task SignAsync(IOutgoingGrainCallContext context)
    {
        var call = new AdminCall(cluster, context.TargetId.Key.ToString() ?? "", context.MethodName);
        RequestContext.Set(AdminToken.Header, AdminToken.Create(keys.Current[0], call, time.GetUtcNow()));
        await context.Invoke().ConfigureAwait(false);
    }
}
