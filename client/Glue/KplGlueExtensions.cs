using System.Runtime.CompilerServices;
using Amazon.Runtime;
using Orleans.Kpl.Aws.Credentials;
using Orleans.Kpl.Glue.Producing;

namespace Orleans.Kpl.Glue;

/// <summary>Puts records with a schema, and takes the credentials that a program has from AWS's SDK.</summary>
public static class KplGlueExtensions
{
    private static readonly ConditionalWeakTable<KplProducer, GlueSchemaRegistry> Registries = [];

    /// <summary>
    /// Returns a view of the producer that frames each record's data with a schema. It may be kept for as long as the producer is, and used on any thread.
    /// Disposing the view does not dispose the producer.
    /// </summary>
    /// <remarks>
    /// A put waits for a schema that is not known yet, and throws <see cref="GlueSchemaException"/> where there is none: then nothing of it was
    /// accepted. Data that <see cref="GlueOptions.Validate"/> refuses is a <see cref="RecordValidationException"/>, in a batch that record's failed
    /// result. Failed results, and <see cref="IKplProducer.RecordFailed"/>, carry the framed record: through the view it can be put again as it is.
    /// </remarks>
    /// <param name="schema">The schema of every record.</param>
    public static IKplProducer WithSchema(this IKplProducer producer, GlueSchema schema, GlueSchemaRegistry registry)
    {
        ArgumentNullException.ThrowIfNull(producer);
        ArgumentNullException.ThrowIfNull(schema);
        ArgumentNullException.ThrowIfNull(registry);
        return new SchemaProducer(producer, registry, schema);
    }

    /// <summary>
    /// Returns a view of the producer that frames each record's data with a schema, as the other overload does. The registry is the producer's own, created
    /// on first use from <see cref="KplOptions.GlueSchemaRegistryPropertiesFilePath"/>, or if that is not set from the defaults: in the region of Kinesis,
    /// without registration. Its warnings go to the producer's log, and it is disposed with the producer.
    /// </summary>
    /// <param name="schema">The schema of every record.</param>
    /// <exception cref="KplOptionsException">The settings are invalid; the exception carries every error.</exception>
    public static IKplProducer WithSchema(this KplProducer producer, GlueSchema schema)
    {
        ArgumentNullException.ThrowIfNull(producer);
        return producer.WithSchema(schema, RegistryOf(producer));
    }

    /// <summary>Signs the requests to Glue with these credentials; the SDK refreshes them.</summary>
    /// <param name="options">The settings of a registry.</param>
    /// <param name="credentials">Any credentials of AWS's SDK.</param>
    public static GlueOptions UseAwsCredentials(this GlueOptions options, AWSCredentials credentials)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(credentials);
        options.Credentials = new AwsSdkCredentials(credentials).GetAsync;
        return options;
    }

    private static GlueSchemaRegistry RegistryOf(KplProducer producer)
    {
        if (Registries.TryGetValue(producer, out var known))
            return known;
        var parts = producer.Parts;
        var glue = GlueOptions.For(parts.Options);
        var made = GlueSchemaRegistry.Create(parts.Options, glue, parts.Time);
        made.Warned += text => parts.TellWarnings([$"Glue: {text}"]);
        known = Registries.GetOrAdd(producer, made);
        if (known != made)
        {
            // Another thread was faster. This one has sent nothing, and told of nothing.
            made.Dispose();
            return known;
        }

        parts.Ended += made.Dispose;
        parts.TellWarnings(glue.ReadingWarnings.Select(static w => $"Glue: {w}"));
        return made;
    }
}
