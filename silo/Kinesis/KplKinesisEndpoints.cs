using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Kpl.Http;
using Orleans.Kpl.Kinesis.Serving;
using Orleans.Kpl.Kinesis.Settings;

namespace Orleans.Kpl.Kinesis;

/// <summary>The Kinesis front in an ASP.NET Core app of your own: an AWS SDK puts to the app as it puts to Kinesis.</summary>
public static class KplKinesisEndpoints
{
    /// <summary>
    /// Maps <c>POST /</c> to the app's <see cref="KplProducer"/>. Needs an embedded producer, as <c>AddKpl</c> registers it, because the front asks Kinesis
    /// for what it answers about streams. Needs <see cref="KplHttpServices.AddKplHttp(IServiceCollection, Action{KplHttpOptions})"/> too.
    /// </summary>
    /// <param name="endpoints">The app.</param>
    /// <param name="kplSection">
    /// Section <c>Kpl</c>, of which <c>Kpl:Front</c> is read, such as <c>configuration.GetSection("Kpl")</c>; null for the defaults.
    /// </param>
    /// <exception cref="InvalidOperationException">The app has no embedded producer, or lacks the services of the HTTP endpoints.</exception>
    /// <exception cref="KplOptionsException">Settings in <c>Kpl:Front</c> are invalid; the exception carries every error.</exception>
    public static IEndpointRouteBuilder MapKplKinesis(this IEndpointRouteBuilder endpoints, IConfiguration? kplSection = null)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var services = endpoints.ServiceProvider;
        if (services.GetService<IKplProducer>() is not KplProducer producer)
            throw new InvalidOperationException("The Kinesis front needs an embedded producer: register one with services.AddKpl(…).");
        if (services.GetService<IngestGate>() is null)
            throw new InvalidOperationException("The Kinesis front needs the services of the HTTP endpoints: register them with services.AddKplHttp().");
        var section = kplSection ?? new ConfigurationBuilder().Build();
        var front = KinesisFrontConfiguration.Read(section, producer.Parts.Options.Backlog.Directory is not null, out var errors);
        if (errors.Count > 0)
            throw new KplOptionsException(errors);
        new KinesisFront(producer.Parts, front).Map(endpoints);
        return endpoints;
    }

    /// <summary>
    /// Accepts HTTP/2 without TLS on a port, beside HTTP/1.1, as AWS's SDKs for JavaScript and Java speak it. Without it such a port accepts HTTP/1.1 only.
    /// With it, the port of a request tells whether it came over TLS, and its scheme no longer does.
    /// </summary>
    /// <param name="port">The port, such as of <c>kestrel.Listen(address, 8080, port => port.UseKplKinesis())</c>.</param>
    public static ListenOptions UseKplKinesis(this ListenOptions port)
    {
        ArgumentNullException.ThrowIfNull(port);
        KinesisFront.ListenOn(port.KestrelServerOptions, port);
        return port;
    }
}
