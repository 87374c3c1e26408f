using Orleans.Kpl.Aws.Glue;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Glue.Registry;

/// <summary>
/// Finds the version of a schema, or registers it, as Glue's libraries do: GetSchemaByDefinition; if the version is missing RegisterSchemaVersion, if the
/// schema is missing CreateSchema, where registration is on. PENDING is waited for. Metadata follows.
/// </summary>
/// <param name="jitter">A number from 0 to 1 for each pause, so that many processes do not ask at once.</param>
/// <param name="warn">Hears of what went wrong and costs no record.</param>
internal sealed class VersionFinder(ISchemaCalls calls, GlueOptions options, TimeProvider time, Func<double> jitter, Action<string> warn)
{
    private const string NotFound = "EntityNotFoundException";
    private const string Exists = "AlreadyExistsException";

    /// <summary>The message of Glue where it has the schema, and not this version (AWSSchemaRegistryConstants).</summary>
    private const string VersionMissing = "Schema version is not found";

    /// <summary>How long adding metadata may take in all: records wait meanwhile.</summary>
    private static readonly TimeSpan MetadataTime = TimeSpan.FromSeconds(5);

    /// <exception cref="GlueSchemaException">There is no version.</exception>
    public async Task<Guid> FindAsync(SchemaKey key, string stream, CancellationToken cancellationToken)
    {
        using var attempts = new PatientCalls(options.MaxWait, time, jitter, $"schema '{key.Name}' was not found, and not registered,",
            "Nothing was accepted: put the records again later", cancellationToken);
        try
        {
            var (version, isNew) = await FindOrRegisterAsync(attempts, key).ConfigureAwait(false);
            if (version.DataFormat is { } format && !format.Equals(GlueNames.Of(key.Schema.DataFormat), StringComparison.OrdinalIgnoreCase))
            {
                throw new GlueSchemaException(GlueErrorCodes.OtherDataFormat,
                    $"schema '{key.Name}' of registry '{options.RegistryName}' has data format {format}, and the records' schema is "
                    + $"{GlueNames.Of(key.Schema.DataFormat)}: correct the GlueSchema, or use another name");
            }

            await AwaitAvailableAsync(attempts, key, version).ConfigureAwait(false);
            if (isNew)
                await AddMetadataAsync(version.Id, stream, cancellationToken).ConfigureAwait(false);
            return version.Id;
        }
        catch (KinesisException error)
        {
            throw SchemaAdvice.Explain(error, attempts.Operation, key.Name, options);
        }
    }

    private async Task<(RegisteredVersion Version, bool IsNew)> FindOrRegisterAsync(PatientCalls attempts, SchemaKey key)
    {
        try
        {
            return (await attempts.CallAsync("GetSchemaByDefinition",
                token => calls.GetByDefinitionAsync(options.RegistryName, key.Name, key.Schema.Definition, token)).ConfigureAwait(false), false);
        }
        catch (KinesisException error) when (error.Code == NotFound && !options.AutoRegistration)
        {
            throw new GlueSchemaException(GlueErrorCodes.NotRegistered,
                $"registry '{options.RegistryName}' does not have schema '{key.Name}' with this definition: register it, or set "
                + $"{nameof(GlueOptions.AutoRegistration)} (schemaAutoRegistrationEnabled=true). Glue says: {error.Message}", error);
        }
        catch (KinesisException error) when (error.Code == NotFound)
        {
            return (await RegisterAsync(attempts, key, error.Message.Contains(VersionMissing, StringComparison.OrdinalIgnoreCase)).ConfigureAwait(false), true);
        }
    }

    /// <summary>Registers the version. Another process may do the same at once: then its schema gets the version, which Glue gives out once.</summary>
    private async Task<RegisteredVersion> RegisterAsync(PatientCalls attempts, SchemaKey key, bool isThere)
    {
        if (!isThere)
        {
            var creation = new SchemaCreation(options.RegistryName, key.Name, key.Schema.Definition, GlueNames.Of(key.Schema.DataFormat),
                GlueNames.Of(options.Compatibility), options.Description, options.Tags);
            try
            {
                return await attempts.CallAsync("CreateSchema", token => calls.CreateAsync(creation, token)).ConfigureAwait(false);
            }
            catch (KinesisException error) when (error.Code == Exists)
            {
                // Somebody was faster.
            }
        }

        return await attempts.CallAsync("RegisterSchemaVersion",
            token => calls.RegisterAsync(options.RegistryName, key.Name, key.Schema.Definition, token)).ConfigureAwait(false);
    }

    private async Task AwaitAvailableAsync(PatientCalls attempts, SchemaKey key, RegisteredVersion version)
    {
        for (var checks = 0; version.Status == GlueNames.Pending; checks++)
        {
            await attempts.PauseAsync(checks).ConfigureAwait(false);
            version = await attempts.CallAsync("GetSchemaVersion", token => calls.GetVersionAsync(version.Id, token)).ConfigureAwait(false);
        }

        if (version.Status == GlueNames.Available)
            return;
        throw version.Status == GlueNames.Failure
            ? new GlueSchemaException(GlueErrorCodes.Incompatible,
                $"Glue refused the definition as version {version.Id} of schema '{key.Name}' of registry '{options.RegistryName}': it is not compatible with "
                + "earlier versions. Change the definition, lower the schema's compatibility in Glue, or use another name")
            : new GlueSchemaException(GlueErrorCodes.NotAvailable,
                $"version {version.Id} of schema '{key.Name}' of registry '{options.RegistryName}' is in status {version.Status}: register it again, or use "
                + "another name");
    }

    /// <summary>Adds the metadata that Glue's libraries add. A version without it is as good to consumers, so no record fails for want of it.</summary>
    private async Task AddMetadataAsync(Guid id, string stream, CancellationToken cancellationToken)
    {
        using var attempts = new PatientCalls(options.MaxWait < MetadataTime ? options.MaxWait : MetadataTime, time, jitter, "it was not written",
            "Records go on without it", cancellationToken);
        foreach (var (key, value) in options.Metadata.Append(new(GlueNames.TransportKey, stream)))
        {
            try
            {
                await attempts.CallAsync("PutSchemaVersionMetadata", async token =>
                {
                    await calls.PutMetadataAsync(id, key, value, token).ConfigureAwait(false);
                    return true;
                }).ConfigureAwait(false);
            }
            catch (KinesisException error) when (error.Code == Exists)
            {
                // The one who registered it at once added it.
            }
            catch (Exception error) when (error is KinesisException or GlueSchemaException)
            {
                warn($"schema version {id} could not be given the metadata {key}={value}: {error.Message}");
            }
        }
    }
}
