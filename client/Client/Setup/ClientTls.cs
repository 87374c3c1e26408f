using System.Net.Security;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Connections.Security;
using Orleans.Hosting;
using Orleans.Kpl.Adapters.Logging;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Certificates;

namespace Orleans.Kpl.Client.Setup;

/// <summary>Mutual TLS to the gateways of a tier.</summary>
internal static class ClientTls
{
    /// <exception cref="KplOptionsException">A file cannot be used; the exception carries every error.</exception>
    public static void Use(IClientBuilder client, TlsFiles files, KplClusterOptions options)
    {
        if (ClusterFiles.FindErrors(options, TimeProvider.System) is { Count: > 0 } errors)
            throw new KplOptionsException(errors);
        client.Services.AddSingleton(s => TlsStore.Open(
            files, s.GetService<TimeProvider>() ?? TimeProvider.System, new ClusterTlsLog(s.GetRequiredService<ILoggerFactory>().CreateLogger("Orleans.Kpl"))));
        client.Configure<ClientConnectionOptions>(static connections =>
            connections.ConfigureConnection(static c => c.UseClientTls(Calling(c.ApplicationServices.GetRequiredService<TlsStore>()))));
        if (options.AdminKeyFile is { } keys)
            UseKeys(client, options, keys);
    }

    /// <summary>Has the client sign what it asks of the managers of streams.</summary>
    private static void UseKeys(IClientBuilder client, KplClusterOptions options, string file) => client.Services.AddSingleton<IOutgoingGrainCallFilter>(s =>
    {
        var time = s.GetService<TimeProvider>() ?? TimeProvider.System;
        var log = new ClusterTlsLog(s.GetRequiredService<ILoggerFactory>().CreateLogger("Orleans.Kpl"));
        return new AdminCalls(AdminKeys.Open(file, time, log.Refused), options.Id, time);
    });

    private static TlsOptions Calling(TlsStore store) => new()
    {
        RemoteCertificateMode = RemoteCertificateMode.RequireCertificate,
        // Gateways are called by their addresses, which certificates do not have: that a root for silos alone has signed is what counts.
        RemoteCertificateValidation = (certificate, chain, _) => store.Current.Silos!.HaveSigned(certificate, CertificatePurpose.Server, chain),
        OnAuthenticateAsClient = (_, options) =>
            ((SslClientAuthenticationOptions)options.SslClientAuthenticationOptions).ClientCertificateContext = store.Current.Own.Context,
    };
}
