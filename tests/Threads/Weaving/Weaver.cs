using Mono.Cecil;
using Mono.Cecil.Cil;
using Mono.Cecil.Rocks;
using Orleans.Kpl.Threads.Scheduling;

namespace Orleans.Kpl.Threads.Weaving;

/// <summary>
/// Rewrites a copy of an assembly. Before each operation that threads share the scheduler is called; what changes memory in one step, and locks,
/// are replaced by the scheduler's own. Continuations run where the scheduler sees them.
/// </summary>
internal sealed class Weaver
{
    private readonly ModuleDefinition _module;
    private readonly IReadOnlySet<string> _watched;
    private readonly HashSet<FieldDefinition> _written;
    private readonly List<Site> _sites;
    private readonly MethodReference _point;
    private readonly TypeReference _scope;

    private Weaver(ModuleDefinition module, IReadOnlySet<string> watched, List<Site> sites)
    {
        (_module, _watched, _sites) = (module, watched, sites);
        _written = [.. from method in module.GetTypes().SelectMany(static t => t.Methods)
                       where method.HasBody && !method.IsConstructor
                       from at in method.Body.Instructions
                       where at.OpCode.Code is Code.Stfld or Code.Ldflda
                       select ((FieldReference)at.Operand).Resolve()];
        _point = Ours(nameof(Sync.Point));
        _scope = module.ImportReference(typeof(Sync.Scope));
    }

    /// <param name="path">The assembly.</param>
    /// <param name="watched">The types whose plain fields are places too.</param>
    /// <param name="sites">Receives the places that were woven in, behind those of other assemblies.</param>
    /// <param name="watchedAlone">Whether no other types are woven.</param>
    public static byte[] Weave(string path, IReadOnlySet<string> watched, List<Site> sites, bool watchedAlone = false)
    {
        using var resolver = new DefaultAssemblyResolver();
        resolver.AddSearchDirectory(Path.GetDirectoryName(path));
        resolver.AddSearchDirectory(Path.GetDirectoryName(typeof(object).Assembly.Location));
        using var module = ModuleDefinition.ReadModule(path, new ReaderParameters { AssemblyResolver = resolver });
        var weaver = new Weaver(module, watched, sites);
        foreach (var method in module.GetTypes().SelectMany(static t => t.Methods).Where(static m => m.HasBody))
        {
            if (!watchedAlone || watched.Contains(Outermost(method).Name))
                weaver.Weave(method);
        }

        using var image = new MemoryStream();
        module.Write(image);
        return image.ToArray();
    }

    private void Weave(MethodDefinition method)
    {
        var body = method.Body;
        body.SimplifyMacros();
        foreach (var variable in body.Variables.Where(static v => v.VariableType.FullName == "System.Threading.Lock/Scope"))
            variable.VariableType = _scope;
        foreach (var at in body.Instructions.ToList())
        {
            if (at.Operand is FieldReference field && at.OpCode.Code is Code.Ldfld or Code.Stfld)
                WeaveField(method, at, (FieldReference)at.Operand);
            else if (at.Operand is MethodReference called)
                WeaveCall(method, at, called);
        }

        body.OptimizeMacros();
    }

    private void WeaveField(MethodDefinition method, Instruction at, FieldReference field)
    {
        if (at.Previous?.OpCode.Code == Code.Volatile)
            Before(method, at.Previous, at.OpCode.Code == Code.Ldfld ? "volatile read" : "volatile write", _point);
        else if (!method.IsConstructor && _watched.Contains(Outermost(method).Name)
            && !field.Name.StartsWith("<>", StringComparison.Ordinal) && IsShared(field))
            Before(method, at, Site.Plain, _point);
    }

    private void WeaveCall(MethodDefinition method, Instruction at, MethodReference called)
    {
        switch (called.DeclaringType.FullName)
        {
            case "System.Threading.Interlocked" when called.Name is "Read" or "MemoryBarrier":
            case "System.Threading.Volatile":
                Before(method, at, $"{called.DeclaringType.Name} {called.Name}", _point);
                break;
            case "System.Threading.Interlocked":
                var location = called is GenericInstanceMethod generic
                    ? generic.GenericArguments[0]
                    : ((ByReferenceType)called.Parameters[0].ParameterType).ElementType;
                var ours = new GenericInstanceMethod(Ours(called.Name));
                ours.GenericArguments.Add(location);
                Before(method, at, called.Name, ours, replaces: true);
                break;
            case "System.Threading.Lock" when called.Name == "EnterScope":
                Before(method, at, Site.Lock, Ours(nameof(Sync.EnterScope)), replaces: true);
                break;
            case "System.Threading.Lock/Scope":
                (at.OpCode, at.Operand) = (OpCodes.Call, _module.ImportReference(typeof(Sync.Scope).GetMethod(nameof(Sync.Scope.Dispose))));
                break;
            case "System.Threading.CancellationTokenRegistration" when called.Name == "Dispose":
                (at.OpCode, at.Operand) = (OpCodes.Call, Ours(nameof(Sync.Unregister)));
                break;
            case "System.Threading.Tasks.ValueTask" or "System.Threading.Tasks.Task"
                when called.Name == "ConfigureAwait" && at.Previous.OpCode.Code == Code.Ldc_I4:
                at.Previous.Operand = 1;
                break;
            case { } type when called.Name == ".ctor" && type.StartsWith("System.Threading.Tasks.TaskCompletionSource", StringComparison.Ordinal)
                && at.Previous.OpCode.Code == Code.Ldc_I4:
                at.Previous.Operand = (int)TaskCreationOptions.None;
                break;
        }
    }

    /// <summary>Puts a call with the place's number before an instruction, or in its stead. Branches to the instruction go to what comes first.</summary>
    private void Before(MethodDefinition method, Instruction at, string operation, MethodReference call, bool replaces = false)
    {
        var il = method.Body.GetILProcessor();
        var (opCode, operand) = (at.OpCode, at.Operand);
        (at.OpCode, at.Operand) = (OpCodes.Ldc_I4, AddSite(method, operation));
        var calling = il.Create(OpCodes.Call, call);
        il.InsertAfter(at, calling);
        if (replaces)
            return;
        var moved = il.Create(OpCodes.Nop);
        (moved.OpCode, moved.Operand) = (opCode, operand);
        il.InsertAfter(calling, moved);
    }

    private int AddSite(MethodDefinition method, string operation)
    {
        var (type, name) = (Outermost(method).Name.Split('`')[0], NameOf(method));
        _sites.Add(new Site(type, name, operation, 1 + _sites.Count(s => s.Type == type && s.Method == name && s.Operation == operation)));
        return _sites.Count - 1;
    }

    /// <summary>What is never written after its object was made is no place, but the collection in it is.</summary>
    private bool IsShared(FieldReference field) => _written.Contains(field.Resolve()) || field.FieldType.Namespace == "System.Collections.Generic";

    private MethodReference Ours(string name) => _module.ImportReference(typeof(Sync).GetMethod(name));

    private static TypeDefinition Outermost(MethodDefinition method)
    {
        var type = method.DeclaringType;
        while (type.DeclaringType is not null)
            type = type.DeclaringType;
        return type;
    }

    /// <summary>What the compiler made of a lambda or an asynchronous method has the name of its method.</summary>
    private static string NameOf(MethodDefinition method)
    {
        var name = method.Name.StartsWith('<') ? method.Name : method.DeclaringType.Name.StartsWith('<') ? method.DeclaringType.Name : method.Name;
        name = name.StartsWith('<') && name.IndexOf('>') is > 1 and var end ? name[1..end] : name;
        return method.DeclaringType.DeclaringType is { } && !method.DeclaringType.Name.StartsWith('<') ? $"{method.DeclaringType.Name}.{name}" : name;
    }
}
