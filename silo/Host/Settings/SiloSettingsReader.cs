using Microsoft.Extensions.Configuration;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Http;
using Orleans.Kpl.Http.Identities;
using Orleans.Kpl.Http.Serving;
using Orleans.Kpl.Kinesis.Settings;
using Orleans.Kpl.Producer.Setup;
using Orleans.Kpl.Settings;

namespace Orleans.Kpl.Host.Settings;

/// <summary>Combines command line, environment and files, and finds every error in them.</summary>
internal static class SiloSettingsReader
{
    /// <summary>Returns the settings, or null when there are errors.</summary>
    /// <param name="files">Files and environment; the command line overrides them.</param>
    public static SiloSettings? Read(CommandLine arguments, IConfiguration files, out IReadOnlyList<string> errors)
    {
        var configuration = new ConfigurationBuilder().AddConfiguration(files).AddInMemoryCollection(arguments.Settings).Build();
        var section = configuration.GetSection("Kpl");
        var cluster = KplConfiguration.ReadCluster(section);
        var host = cluster.Options.Membership == ClusterMembership.DynamoDb ? BacklogHost.ClusterSilo : BacklogHost.LocalSilo;
        var kpl = KplConfiguration.ReadReport(section, host);
        var http = KplHttpConfiguration.Read(section.GetSection(KplHttpConfiguration.SectionName), out var httpErrors);
        var hasBacklog = host == BacklogHost.ClusterSilo || kpl.Options.Backlog.Directory is not null;
        var front = KinesisFrontConfiguration.Read(section, hasBacklog, out var frontErrors);
        var ofFolder = host == BacklogHost.LocalSilo ? BacklogFolder.FindErrors(kpl.Options.Backlog) : [];
        List<string> found =
            [
                .. arguments.Errors, .. kpl.Errors, .. ofFolder, .. cluster.Errors, .. ClusterExposure.FindErrors(cluster.Options), .. httpErrors,
                .. TwoDoors.FindErrors(cluster.Options, http), .. frontErrors, .. LogSetup.FindErrors(configuration),
            ];
        http.CompleteFrom(kpl.Options);

        // If a setting of that section is invalid, the connection to AWS cannot be tried.
        if (kpl.Errors.Count == 0)
            Try(() => KinesisLocation.Resolve(kpl.Options.Kinesis, AwsEnvironment.Process));
        var dynamoDb = cluster.IsValid && cluster.Options.Membership == ClusterMembership.DynamoDb
            ? Try(() => DynamoDbLocation.Resolve(cluster.Options.DynamoDb, AwsEnvironment.Process))
            : null;

        errors = found;
        return found.Count > 0 ? null : new SiloSettings
        {
            Kpl = kpl.Options,
            Cluster = cluster.Options,
            Http = http,
            Front = front,
            DynamoDb = dynamoDb,
            Warnings =
            [
                .. kpl.Warnings, .. cluster.Warnings, .. ClusterExposure.FindWarnings(cluster.Options), .. ExposureRules.FindWarnings(http),
                .. TwoDoors.FindWarnings(cluster.Options, http),
                .. SecretFiles.FindWarnings(arguments.Settings.Keys),
                .. host == BacklogHost.LocalSilo ? BacklogFolder.FindWarnings(kpl.Options.Backlog) : [],
            ],
            Configuration = configuration,
        };

        T? Try<T>(Func<T> resolve)
            where T : class
        {
            try
            {
                return resolve();
            }
            catch (KinesisSettingsException error)
            {
                found.Add(error.Message);
                return null;
            }
        }
    }
}
