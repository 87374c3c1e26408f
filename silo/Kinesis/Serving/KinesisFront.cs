using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Kpl.Aws;
using Orleans.Kpl.Http;
using Orleans.Kpl.Http.Answering;
using Orleans.Kpl.Http.Guarding;
using Orleans.Kpl.Http.Identities;
using Orleans.Kpl.Http.Identities.Access;
using Orleans.Kpl.Http.Ingesting;
using Orleans.Kpl.Http.Reading;
using Orleans.Kpl.Http.Serving;
using Orleans.Kpl.Kinesis.Describing;
using Orleans.Kpl.Kinesis.Putting;
using Orleans.Kpl.Kinesis.Settings;
using Orleans.Kpl.Kinesis.Signing;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Names;
using Orleans.Kpl.Producer.Setup;
using Orleans.Kpl.Quotas;

namespace Orleans.Kpl.Kinesis.Serving;

/// <summary>The part of a process' HTTP that answers as Kinesis does: <c>POST /</c>.</summary>
/// <param name="client">Asks Kinesis what the front tells of streams.</param>
/// <param name="names">Tells whose a stream is that is given by its ARN.</param>
internal sealed class KinesisFront(KinesisClient client, KplOptions options, KinesisFrontOptions front, StreamNameResolver names) : IHttpPart
{
    /// <summary>The front of an embedded producer.</summary>
    public KinesisFront(ProducerParts parts, KinesisFrontOptions front)
        : this(parts.Kinesis, parts.Options, front, parts.Pipeline.Names)
    {
    }

    public void ListenPlain(KestrelServerOptions server, ListenOptions port) => ListenOn(server, port);

    /// <summary>Has a port take HTTP/2 without TLS too.</summary>
    public static void ListenOn(KestrelServerOptions server, ListenOptions port)
    {
        // PriorKnowledge on a connection makes the server expect https there.
        server.AllowAlternateSchemes = true;
        port.Use(next => PriorKnowledge.Before(next, server.Limits, TimeProvider.System));
    }

    public void Map(IEndpointRouteBuilder endpoints)
    {
        var services = endpoints.ServiceProvider;
        var time = services.GetService<TimeProvider>() ?? TimeProvider.System;
        var peers = services.GetService<IQuotaPeers>();
        var budget = new QuestionBudget(time, () => 1 + (peers?.Others.Count ?? 0));
        var descriptions = new StreamDescriptions(new GatewayAnswers(client, stream => KnownSettingsAsync(stream, time), time), budget, time);
        var puts = new PutOperations(
            services.GetRequiredService<IKplProducer>(), services.GetRequiredService<IngestLedger>(), services.GetRequiredService<StreamGate>(),
            new RecordSizes(descriptions), front, names, SettingsOf, services.GetRequiredService<ReadingPermits>());
        var operations = new FrontOperations(puts, new DescribeOperations(descriptions, time), client.Location.Endpoint);
        var signatures = services.GetService<IAccessKeys>() is { } keys ? new SignatureVerifier(keys, front, time) : null;
        var endpoint = new FrontEndpoint(
            services.GetRequiredService<IngestGate>(), services.GetRequiredService<IOptions<KplHttpOptions>>().Value, services.GetRequiredService<BodyReader>(),
            operations, signatures, services.GetRequiredService<TrustedProxies>(), services.GetRequiredService<FailedProofs>(),
            services.GetRequiredService<FailureAnswers>(), services.GetRequiredService<ListenerLog>());
        // The front verifies signatures itself, and answers a refusal as Kinesis does.
        endpoints.MapPost("/", endpoint.HandleAsync).AllowAnonymous();
    }

    /// <summary>
    /// The settings that a stream is described with. The name in an ARN may be that of another stream, with another role: so it is found out first whose it is.
    /// </summary>
    private async Task<StreamOptions> KnownSettingsAsync(string stream, TimeProvider time)
    {
        using var limit = new CancellationTokenSource(front.AnswerWithin, time);
        try
        {
            await names.CanonicalAsync(stream, limit.Token);
        }
        catch (Exception unknown) when (unknown is KinesisException or OperationCanceledException)
        {
            // Kinesis is asked all the same, and its answer says why.
        }

        return SettingsOf(stream);
    }

    /// <summary>Before it is known whose stream an ARN names, the settings of the name in it count: that question is asked by them, too.</summary>
    private StreamOptions SettingsOf(string stream) => options.GetStream(names.Find(stream) ?? StreamReference.NameOf(stream));
}
