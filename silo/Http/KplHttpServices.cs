using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Orleans.Kpl.Http.Administering;
using Orleans.Kpl.Http.Answering;
using Orleans.Kpl.Http.Guarding;
using Orleans.Kpl.Http.Identities.Access;
using Orleans.Kpl.Http.Ingesting;
using Orleans.Kpl.Http.Reading;
using Orleans.Kpl.Http.Serving;
using Orleans.Kpl.Http.Streaming;

namespace Orleans.Kpl.Http;

/// <summary>Registers the services that the endpoints need, in addition to an <see cref="IKplProducer"/>.</summary>
public static class KplHttpServices
{
    /// <summary>
    /// Adds <see cref="IngestGate"/>, <see cref="IngestLedger"/> and the endpoints. Calling it again only adds to the settings. When the host is asked to
    /// stop, the process turns unready, and after <see cref="KplHttpOptions.DrainDelay"/> records are refused with 503.
    /// </summary>
    /// <exception cref="OptionsValidationException">Thrown on first use: a setting is out of range.</exception>
    public static IServiceCollection AddKplHttp(this IServiceCollection services, Action<KplHttpOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = services.AddOptions<KplHttpOptions>().PostConfigure<IOptions<KplOptions>>(Complete);
        if (configure is not null)
            options.Configure(configure);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<KplHttpOptions>, HttpOptionsCheck>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, GateLifetime>());
        services.AddRoutingCore();
        services.TryAddSingleton<IngestGate>();
        services.TryAddSingleton<IngestLedger>();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<RequestGuard>();
        services.TryAddSingleton(static s => new TrustedProxies(s.GetRequiredService<IOptions<KplHttpOptions>>().Value.TrustedProxies));
        services.TryAddSingleton(static s => new BodyMemory(LimitOfBodies(s), s.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton<BodyReader>();
        services.TryAddSingleton(static _ => new ReadingPermits());
        services.TryAddSingleton<StreamGate>();
        services.TryAddSingleton<Acknowledgement>();
        services.TryAddSingleton<FailureAnswers>();
        services.TryAddSingleton<ListenerLog>();
        services.TryAddSingleton<GatedEndpoint>();
        services.TryAddSingleton<EventEndpoints>();
        services.TryAddSingleton<StreamedPut>();
        services.TryAddSingleton<RecordsEndpoint>();
        services.TryAddSingleton<AdminAccess>();
        services.TryAddSingleton<AuditTrail>();
        services.TryAddSingleton<FailedProofs>();
        services.TryAddSingleton<AdminEndpoint>();
        return services;
    }

    /// <summary>
    /// Adds the endpoints as <see cref="AddKplHttp(IServiceCollection, Action{KplHttpOptions})"/> does, configured by a section. Invalid settings fail the
    /// application before it starts, with all errors at once. So do settings of the tier's own listeners, such as <c>Kpl:Http:Port</c> and
    /// <c>Kpl:Http:Identities</c>: an application listens by Kestrel's settings and authenticates by those of ASP.NET Core.
    /// </summary>
    /// <param name="kplSection">Section <c>Kpl</c>, such as <c>configuration.GetSection("Kpl")</c>; its section <c>Http</c> is read.</param>
    /// <exception cref="OptionsValidationException">Thrown as endpoints are mapped, or as the host starts: it has every error of the settings.</exception>
    public static IServiceCollection AddKplHttp(this IServiceCollection services, IConfiguration kplSection)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(kplSection);
        var section = new SectionHttpOptions(kplSection);
        services.AddSingleton<IConfigureOptions<KplHttpOptions>>(section);
        services.AddSingleton<IValidateOptions<KplHttpOptions>>(section);
        services.AddOptions<KplHttpOptions>().ValidateOnStart();
        return services.AddKplHttp();
    }

    /// <summary>
    /// Answers 403 to pages of other sites and to requests for hosts that <see cref="KplHttpOptions.Hosts"/> does not name, and adds
    /// <c>X-Content-Type-Options: nosniff</c> and <c>X-Request-Id</c> to every answer. Once the host is asked to stop, each answer closes its connection,
    /// so that clients and load balancers go elsewhere while records are still taken (<see cref="KplHttpOptions.DrainDelay"/>). Call it before all other
    /// middleware is added.
    /// </summary>
    public static IApplicationBuilder UseKplGuard(this IApplicationBuilder app)
    {
        ArgumentNullException.ThrowIfNull(app);
        var guard = app.ApplicationServices.GetRequiredService<RequestGuard>();
        var gate = app.ApplicationServices.GetRequiredService<IngestGate>();
        return app.Use((context, next) =>
        {
            context.Response.Headers.XContentTypeOptions = "nosniff";
            context.Response.Headers["X-Request-Id"] = context.TraceIdentifier;
            if (gate.IsLeaving)
                context.Connection.RequestClose();
            if (guard.FindObstacle(context) is { } obstacle)
                return ErrorAnswer.WriteAsync(context, RequestRefusedException.Forbidden(obstacle));
            if (HealthListener.IsUsedBy(context))
            {
                // A client that has asked makes room for the next one.
                context.Connection.RequestClose();
                if (!HealthListener.Serves(context.Request.Path))
                    return ErrorAnswer.WriteAsync(context, StatusCodes.Status404NotFound, HttpErrorCodes.NotFound, "only /health/live and /health/ready are served at this address");
            }

            return AdminListener.IsUsedBy(context) && !AdminListener.Serves(context.Request)
                ? ErrorAnswer.WriteAsync(context, StatusCodes.Status404NotFound, HttpErrorCodes.NotFound, "only /admin, /dashboard and /health are served at this address")
                : next(context);
        });
    }

    /// <summary>Adds the body of this API's errors to answers 404 and 405 that have none: for an unknown path, or another method than it has.</summary>
    public static IApplicationBuilder UseKplErrors(this IApplicationBuilder app) => app.Use(async (context, next) =>
    {
        await next(context);
        if (context.Response.HasStarted || context.Response.ContentLength is not null)
            return;
        switch (context.Response.StatusCode)
        {
            case StatusCodes.Status404NotFound:
                await ErrorAnswer.WriteAsync(context, StatusCodes.Status404NotFound, HttpErrorCodes.NotFound, NotServed.Describe(context));
                break;
            case StatusCodes.Status405MethodNotAllowed:
                await ErrorAnswer.WriteAsync(
                    context, StatusCodes.Status405MethodNotAllowed, HttpErrorCodes.MethodNotAllowed, $"{RequestText.TargetOf(context)} takes {context.Response.Headers.Allow}");
                break;
        }
    });

    private static void Complete(KplHttpOptions http, IOptions<KplOptions> kpl)
    {
        try
        {
            http.CompleteFrom(kpl.Value);
        }
        catch (OptionsValidationException)
        {
            // The producer tells what is wrong with its settings.
        }
    }

    private static long LimitOfBodies(IServiceProvider services) =>
        services.GetRequiredService<IOptions<KplHttpOptions>>().Value is { MaxBodyMemory: > 0 } http
            ? http.MaxBodyMemory
            : services.GetRequiredService<IOptions<KplOptions>>().Value.MaxOutstandingBytes;

    private sealed class HttpOptionsCheck : IValidateOptions<KplHttpOptions>
    {
        public ValidateOptionsResult Validate(string? name, KplHttpOptions options) =>
            KplHttpOptionsValidator.Validate(options) is { Count: > 0 } errors ? ValidateOptionsResult.Fail(errors) : ValidateOptionsResult.Success;
    }
}

/// <summary>The settings of the endpoints in an application, from its section <c>Kpl</c>.</summary>
internal sealed class SectionHttpOptions(IConfiguration kplSection) : IConfigureOptions<KplHttpOptions>, IValidateOptions<KplHttpOptions>
{
    public void Configure(KplHttpOptions options) => KplHttpConfiguration.ReadForApplication(options, Section);

    public ValidateOptionsResult Validate(string? name, KplHttpOptions options) =>
        KplHttpConfiguration.ReadForApplication(new KplHttpOptions(), Section) is { Count: > 0 } errors
            ? ValidateOptionsResult.Fail(errors)
            : ValidateOptionsResult.Success;

    private IConfigurationSection Section => kplSection.GetSection(KplHttpConfiguration.SectionName);
}
