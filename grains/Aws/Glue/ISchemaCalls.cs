using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws.Glue;

/// <summary>The calls to Glue's schema registry. One call is one attempt; every failure is a <see cref="KinesisException"/>.</summary>
internal interface ISchemaCalls
{
    /// <summary>Finds the version of a schema that has a definition; Glue compares definitions without regard to blanks.</summary>
    Task<RegisteredVersion> GetByDefinitionAsync(string registry, string name, string definition, CancellationToken cancellationToken);

    /// <summary>Describes a version.</summary>
    Task<RegisteredVersion> GetVersionAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Creates a schema with its first version.</summary>
    Task<RegisteredVersion> CreateAsync(SchemaCreation creation, CancellationToken cancellationToken);

    /// <summary>Adds a version to a schema; one that is there already is returned.</summary>
    Task<RegisteredVersion> RegisterAsync(string registry, string name, string definition, CancellationToken cancellationToken);

    /// <summary>Notes something about a version.</summary>
    Task PutMetadataAsync(Guid id, string key, string value, CancellationToken cancellationToken);
}
