using System.Collections.Concurrent;
using Orleans.Kpl.Aws.Glue;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Glue.Tests.Registry;

/// <summary>A registry in memory that answers as Glue does, and fails as a test says.</summary>
internal sealed class FakeSchemas : ISchemaCalls
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Registry, string Name), List<RegisteredVersion>> _schemas = [];

    /// <summary>The calls, in their order.</summary>
    public ConcurrentQueue<string> Calls { get; } = [];

    public ConcurrentDictionary<(Guid Id, string Key), string> Notes { get; } = new();

    /// <summary>What CreateSchema asked for last.</summary>
    public SchemaCreation? Creation { get; private set; }

    /// <summary>Is asked before each call with its operation; it may wait, or throw.</summary>
    public Func<string, Task> Before { get; set; } = static _ => Task.CompletedTask;

    /// <summary>The status of a version that is registered.</summary>
    public string NewStatus { get; set; } = "AVAILABLE";

    public static KinesisException Refusal(string code, string message = "no", int status = 400) => new(KinesisFailureKind.Refused, code, message, status);

    /// <summary>Does something before each call of an operation, with how many there were.</summary>
    public void On(string operation, Action<int> act) => Before = called =>
    {
        if (called == operation)
            act(CountOf(called));
        return Task.CompletedTask;
    };

    public int CountOf(string operation) => Calls.Count(c => c == operation);

    /// <summary>Registers a version as another process does.</summary>
    public Guid Add(string name, string definition, string format = "JSON", string status = "AVAILABLE", string registry = "default-registry")
    {
        lock (_lock)
        {
            if (!_schemas.TryGetValue((registry, name), out var versions))
                _schemas[(registry, name)] = versions = [];
            var version = new RegisteredVersion(Guid.NewGuid(), status)
            {
                Definition = definition, DataFormat = format, SchemaArn = $"arn:aws:glue:eu-west-1:123456789012:schema/{registry}/{name}",
                Number = versions.Count + 1,
            };
            versions.Add(version);
            return version.Id;
        }
    }

    /// <summary>Changes the status of every version.</summary>
    public void SetStatus(string status)
    {
        lock (_lock)
        {
            foreach (var versions in _schemas.Values)
            {
                for (var i = 0; i < versions.Count; i++)
                    versions[i] = versions[i] with { Status = status };
            }
        }
    }

    public void Clear()
    {
        lock (_lock)
            _schemas.Clear();
    }

    public async Task<RegisteredVersion> GetByDefinitionAsync(string registry, string name, string definition, CancellationToken cancellationToken)
    {
        await BeginAsync("GetSchemaByDefinition", cancellationToken);
        lock (_lock)
        {
            if (!_schemas.TryGetValue((registry, name), out var versions))
                throw Refusal("EntityNotFoundException", $"Schema is not found. RegistryName: {registry}, SchemaName: {name}, SchemaArn: null");
            return versions.Find(v => v.Definition == definition)
                ?? throw Refusal("EntityNotFoundException", $"Schema version is not found. RegistryName: {registry}, SchemaName: {name}");
        }
    }

    public async Task<RegisteredVersion> GetVersionAsync(Guid id, CancellationToken cancellationToken)
    {
        await BeginAsync("GetSchemaVersion", cancellationToken);
        lock (_lock)
        {
            return _schemas.Values.SelectMany(static v => v).FirstOrDefault(v => v.Id == id)
                ?? throw Refusal("EntityNotFoundException", $"Schema version is not found. SchemaVersionId: {id}");
        }
    }

    public async Task<RegisteredVersion> CreateAsync(SchemaCreation creation, CancellationToken cancellationToken)
    {
        await BeginAsync("CreateSchema", cancellationToken);
        lock (_lock)
        {
            Creation = creation;
            if (_schemas.ContainsKey((creation.Registry, creation.Name)))
                throw Refusal("AlreadyExistsException", "Schema already exists.");
        }

        var id = Add(creation.Name, creation.Definition, creation.DataFormat, NewStatus, creation.Registry);
        return new RegisteredVersion(id, NewStatus);
    }

    public async Task<RegisteredVersion> RegisterAsync(string registry, string name, string definition, CancellationToken cancellationToken)
    {
        await BeginAsync("RegisterSchemaVersion", cancellationToken);
        lock (_lock)
        {
            if (!_schemas.TryGetValue((registry, name), out var versions))
                throw Refusal("EntityNotFoundException", $"Schema is not found. SchemaName: {name}");
            if (versions.Find(v => v.Definition == definition) is { } known)
                return new RegisteredVersion(known.Id, known.Status);
        }

        return new RegisteredVersion(Add(name, definition, status: NewStatus, registry: registry), NewStatus);
    }

    public async Task PutMetadataAsync(Guid id, string key, string value, CancellationToken cancellationToken)
    {
        await BeginAsync("PutSchemaVersionMetadata", cancellationToken);
        if (!Notes.TryAdd((id, key), value))
            throw Refusal("AlreadyExistsException", "The note is there.");
    }

    private async Task BeginAsync(string operation, CancellationToken cancellationToken)
    {
        Calls.Enqueue(operation);
        await Before(operation).WaitAsync(cancellationToken);
    }
}
