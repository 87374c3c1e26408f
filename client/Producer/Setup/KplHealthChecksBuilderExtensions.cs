using Microsoft.Extensions.Diagnostics.HealthChecks;
using Orleans.Kpl;
using Orleans.Kpl.Producer.Health;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the producer to the health checks of a program.</summary>
public static class KplHealthChecksBuilderExtensions
{
    /// <summary>
    /// Adds a check of the program's <see cref="IKplProducer"/>, embedded or over a cluster. It reports <see cref="IKplProducer.Health"/> and makes no
    /// call.
    /// </summary>
    /// <param name="builder">The health checks: <c>services.AddHealthChecks()</c>.</param>
    /// <param name="name">The name of the check. Default <c>kpl</c>.</param>
    /// <param name="failureStatus">
    /// The status that it reports while Kinesis is away or a stream of the settings is missing, and for five minutes after a record failed. It reports the
    /// same while the backlog's store cannot be used, its segments are damaged, or records are set aside. Default <see cref="HealthStatus.Degraded"/>,
    /// which ASP.NET Core answers with 200: records wait or go to the backlog, and a process that is taken out of service delivers nothing sooner.
    /// </param>
    /// <param name="tags">Tags to select checks by; null for none.</param>
    public static IHealthChecksBuilder AddKpl(
        this IHealthChecksBuilder builder, string name = "kpl", HealthStatus failureStatus = HealthStatus.Degraded, IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(name);
        return builder.Add(new HealthCheckRegistration(
            name,
            static services => new KplHealthCheck(services.GetRequiredService<IKplProducer>(), services.GetService<TimeProvider>() ?? TimeProvider.System),
            failureStatus, tags));
    }
}
