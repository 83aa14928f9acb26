# Packs the extension as Slicer's macros would, without Slicer or a compiler.
#
#   cmake -D SOURCE=<the repository> -D DESTINATION=<folder> -P package.cmake
#
# Follows slicerMacroBuildScriptedModule (CMake/SlicerMacroBuildScriptedModule.cmake) and ctkMacroCompilePythonScript:
# unknown keywords and files that are not there are errors, and what is listed is installed, folders kept.
# project() and add_subdirectory() are no commands of a script; these are the least that does.

foreach(required SOURCE DESTINATION)
  if(NOT ${required})
    message(FATAL_ERROR "${required} is missing")
  endif()
endforeach()

macro(project name)
  set(PROJECT_NAME ${name})
  set(${name}_SOURCE_DIR ${SOURCE})
endmacro()

macro(find_package name)
  set(Slicer_USE_FILE ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/nothing.cmake)
endmacro()

function(add_subdirectory folder)
  set(CMAKE_CURRENT_SOURCE_DIR ${CMAKE_CURRENT_SOURCE_DIR}/${folder})
  _include(${CMAKE_CURRENT_SOURCE_DIR}/CMakeLists.txt)
endfunction()

# Slicer's own files are taken for read.
macro(include)
endmacro()

function(slicer_add_python_unittest)
  cmake_parse_arguments(MY "" "SCRIPT;TESTNAME_PREFIX" "SLICER_ARGS" ${ARGN})
  if(MY_UNPARSED_ARGUMENTS OR NOT EXISTS "${MY_SCRIPT}")
    message(FATAL_ERROR "slicer_add_python_unittest: ${MY_SCRIPT} ${MY_UNPARSED_ARGUMENTS}")
  endif()
  message(STATUS "test ${MY_SCRIPT}")
endfunction()

function(slicerMacroBuildScriptedModule)
  cmake_parse_arguments(MY "WITH_GENERIC_TESTS;WITH_SUBDIR;VERBOSE" "NAME" "SCRIPTS;RESOURCES" ${ARGN})
  if(MY_UNPARSED_ARGUMENTS OR NOT MY_NAME)
    message(FATAL_ERROR "slicerMacroBuildScriptedModule: unknown keywords ${MY_UNPARSED_ARGUMENTS}, or no NAME")
  endif()
  foreach(file ${MY_SCRIPTS} ${MY_RESOURCES})
    if(NOT EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${file})
      message(FATAL_ERROR "slicerMacroBuildScriptedModule: there is no ${file}")
    endif()
    get_filename_component(folder ${file} DIRECTORY)
    file(COPY ${CMAKE_CURRENT_SOURCE_DIR}/${file} DESTINATION ${DESTINATION}/${folder})
    message(STATUS "install ${file}")
  endforeach()
endfunction()

set(BUILD_TESTING ON)
set(CMAKE_CURRENT_SOURCE_DIR ${SOURCE})
_include(${SOURCE}/CMakeLists.txt)
